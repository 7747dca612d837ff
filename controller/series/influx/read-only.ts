/**
 * Why a text is not one InfluxQL question that only reads; null when it is. Pure. Stricter than it has to be: a semicolon, or the word INTO,
 * is refused in quotes too, because telling what is quoted would take InfluxQL's whole grammar (a regular expression may hold any quote).
 */
export const whyNotReadOnly = (influxql: string): string | null => {
  const text = influxql.trim().replace(/\s*;$/, '');
  if (!/^(select|show|explain)\s/i.test(text)) return 'SELECT, SHOW or EXPLAIN: questions only read here';
  if (text.includes(';')) return 'one question at a time, without a semicolon in it';
  if (/\binto\b/i.test(text)) return 'without INTO: questions only read here';
  return null;
};
