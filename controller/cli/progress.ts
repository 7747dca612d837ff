const WIDTH = 28;
const EVERY_SHARE = 0.01;

export interface Progress {
  /** What is being done now, and how far all of it is: 0 to 1. */
  tell(what: string, share: number): void;
  end(): void;
}

/** One line that is drawn over on a terminal; elsewhere a line for each step. Always on standard error. */
export const openProgress = (stream: NodeJS.WriteStream = process.stderr): Progress => {
  let last = { what: '', share: -1 };
  return {
    tell: (what, share) => {
      const moved = what !== last.what || share - last.share >= EVERY_SHARE;
      if (!moved) return;
      if (stream.isTTY) stream.write(`\r\x1b[K${bar(share)} ${what}`);
      else if (what !== last.what) stream.write(`${String(Math.round(share * 100)).padStart(3)} %  ${what}\n`);
      last = { what, share };
    },
    end: () => void (stream.isTTY && stream.write('\r\x1b[K')),
  };
};

/** `███████░░░░  37 %`. Pure. */
export const bar = (share: number): string =>
  `${'█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')} ${String(Math.round(share * 100)).padStart(3)} %`;
