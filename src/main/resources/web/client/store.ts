/**
 * A value that can be watched. Snapshots are immutable: a change makes a new one, so that
 * `useSyncExternalStore` can tell by identity whether anything happened.
 */
export class Store<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  readonly get = (): T => this.value;

  /** Calls `listener` after every change until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  protected set(change: Partial<T>): void {
    this.value = { ...this.value, ...change };
    for (const listener of [...this.listeners]) listener();
  }
}

/** Something that works while at least one holder wants it, and stops soon after the last has let go. */
export abstract class Shared<T> extends Store<T> {
  private holders = 0;
  private stopping: ReturnType<typeof setTimeout> | undefined;
  private running = false;

  /** Starts it if need be. Call the returned function exactly once to let go. */
  hold(): () => void {
    this.holders++;
    clearTimeout(this.stopping);
    if (!this.running) {
      this.running = true;
      this.start();
    }
    return () => {
      if (--this.holders > 0) return;
      // a view that is replaced by another of the same thing should not cost a reconnect
      this.stopping = setTimeout(() => this.rest(), 200);
    };
  }

  private rest(): void {
    if (this.busy()) {
      this.stopping = setTimeout(() => this.rest(), 1_000);
      return;
    }
    this.running = false;
    this.stop();
  }

  /** Whether there is something to be finished first, be it looked at or not. */
  protected busy(): boolean {
    return false;
  }

  get held(): boolean {
    return this.running;
  }

  protected abstract start(): void;
  protected abstract stop(): void;
}
