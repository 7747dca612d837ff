/** log of the binomial's probability without its coefficient, which cancels in every ratio. */
const logBinomial = (sent: number, lost: number, p: number): number => lost * Math.log(p) + (sent - lost) * Math.log1p(-p);

const logSum = (a: number, b: number): number => {
  const apart = a - b;
  if (apart > 30) return a;
  if (apart < -30) return b;
  return apart > 0 ? a + Math.log1p(Math.exp(-apart)) : b + Math.log1p(Math.exp(apart));
};

/**
 * log-likelihood of a round of which an element took the share `loss` beside the usual loss. Nobody loses at one rate for long: a little of every
 * faulty round is of half or twice that rate.
 */
export const faultyLoss = (sent: number, lost: number, usual: number, loss: number): number => {
  const through = (1 - usual) * (1 - loss);
  const steady = logBinomial(sent, lost, Math.min(0.9995, Math.max(1e-5, 1 - through)));
  const more = logBinomial(sent, lost, Math.min(0.99, 1 - through * (loss > 0.5 ? 0.5 : 1 - loss)));
  const less = logBinomial(sent, lost, 1 - (1 - usual) * (1 - loss * 0.5));
  return logSum(steady + LOG_STEADY, logSum(more, less) + LOG_UNSTEADY);
};

/** log-likelihood of a round whose loss is explained already, at the rate `expected`: as unsteady as any cause's. */
export const explainedLoss = (sent: number, lost: number, expected: number): number =>
  logSum(
    logBinomial(sent, lost, Math.min(0.9995, expected)) + LOG_STEADY,
    logSum(logBinomial(sent, lost, Math.min(0.99, 1.5 * expected)), logBinomial(sent, lost, 0.5 * expected)) + LOG_UNSTEADY,
  );

const LOG_STEADY = Math.log(0.8);
const LOG_UNSTEADY = Math.log(0.1);

/** log-likelihood of a usual round: most lose less than the mean, one in twenty as much as `burst`, and any may be a blip. */
export const usualLoss = (sent: number, lost: number, usual: number, burst: number): number => {
  const bursty = burst > 1.5 * usual && burst > 0.02;
  const calm = logBinomial(sent, lost, bursty ? Math.max(0.0003, usual * 0.5) : usual);
  const blip = logSum(logBinomial(sent, lost, 0.1), logBinomial(sent, lost, 0.5)) + LOG_BLIP;
  if (!bursty) return logSum(calm + LOG_NO_BLIP, blip);
  const burstLog = logSum(logBinomial(sent, lost, burst) + LOG_BURST, logBinomial(sent, lost, Math.min(0.9, usual * 1.5)) + LOG_RAISED);
  return logSum(logSum(calm + LOG_CALM, burstLog), blip);
};

const LOG_BLIP = Math.log(0.002);
const LOG_NO_BLIP = Math.log(0.996);
const LOG_CALM = Math.log(0.7);
const LOG_RAISED = Math.log(0.2);
const LOG_BURST = Math.log(0.09);

const TAIL = 0.03;

/** log-likelihood of a median that lies `offUs` from where it is expected: heavy tails on both sides, because single rounds wander. */
export const delayLikelihood = (offUs: number, widthUs: number, noiseUs: number): number => {
  const z = offUs / widthUs;
  const body = Math.log((1 - TAIL) / (widthUs * 2.5066)) - 0.5 * z * z;
  const reachUs = 5 * noiseUs + 4000;
  return logSum(body, Math.log(TAIL / (2 * reachUs)) - Math.abs(offUs) / reachUs);
};

export { logSum };
