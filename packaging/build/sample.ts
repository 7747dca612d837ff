import * as z from 'zod';

const Field = z.looseObject({ description: z.string().default(''), default: z.unknown().optional() });

/** A settings file in which every setting is commented out with what it means and its default: from the schema that reads it. */
export const sampleOf = (schema: z.ZodObject, heading: readonly string[]): string => {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const lines = Object.entries(properties).flatMap(([name, property]) => {
    const { description, default: preset } = Field.parse(property);
    return [
      '',
      ...(description === '' ? [] : [`# ${description}`]),
      `#${name}:${preset === undefined ? '' : ` ${JSON.stringify(preset)}`}`,
    ];
  });
  return `${[...heading.map((line) => `# ${line}`), ...lines].join('\n')}\n`;
};
