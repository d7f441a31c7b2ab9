export interface BackoffOptions {
  readonly firstMs: number;
  readonly capMs: number;
}

/**
 * Growing pauses between attempts. Each is a random part of its ceiling, so that a thousand browsers which lost the
 * same server do not come back in the same instant.
 */
export class Backoff {
  private attempts = 0;

  constructor(
    private readonly options: BackoffOptions = { firstMs: 400, capMs: 15_000 },
    private readonly random: () => number = Math.random,
  ) {}

  get failures(): number {
    return this.attempts;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const ceiling = Math.min(this.options.capMs, this.options.firstMs * 2 ** this.attempts);
    this.attempts++;
    return ceiling * (0.3 + 0.7 * this.random());
  }

  reset(): void {
    this.attempts = 0;
  }
}
