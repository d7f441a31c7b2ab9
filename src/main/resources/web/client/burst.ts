/** Long enough for a burst to be one, too short to be seen. A timer, since a hidden page is given no frames to draw. */
const TOGETHER_MS = 50;

/** Does a thing at once when it is asked for after a pause, and what is asked for in a burst together: a thousand frames are not a thousand lists. */
export class Burst {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = false;

  constructor(private readonly act: () => void) {}

  /** At once unless it was done just now. */
  soon(): void {
    if (this.timer === undefined) this.now();
    else this.due = true;
  }

  /** At once in any case. */
  now(): void {
    clearTimeout(this.timer);
    this.due = false;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.finish();
    }, TOGETHER_MS);
    this.act();
  }

  /** What is asked for and not yet done is done now. */
  finish(): void {
    if (this.due) this.now();
  }
}
