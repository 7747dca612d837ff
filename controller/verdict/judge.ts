import type { VerdictAnswer } from './answer.ts';
import type { VerdictCase } from './case.ts';
import { conclude } from './conclude.ts';
import { elementsOf } from './elements.ts';
import { readEvidence } from './evidence.ts';
import { settingOf } from './rank.ts';
import { nothingExplained } from './residual.ts';
import { search } from './search.ts';
import { silentAgents } from './silence.ts';
import { waysOf } from './ways.ts';

/** Whose fault it is, if anybody's: one incident for each cause that began inside the window. Pure; the same code judges files and live incidents. */
export const judge = (given: VerdictCase): VerdictAnswer => {
  const ways = waysOf(given);
  const setting = settingOf(given, ways, elementsOf(given, ways));
  const silent = silentAgents(given);
  const found = search(setting, nothingExplained(readEvidence(given))).flatMap((finding) => conclude(given, finding) ?? []);
  return { incidents: [...silent, ...found] };
};
