/** Runs pieces of work one after the other, in the order of the calls; one that fails does not hold up the next. */
export const makeSerial = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
};
