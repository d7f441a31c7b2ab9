/**
 * `localStorage`, or another, that never throws: a private window may forbid it and a full one may refuse, and a chat goes on without.
 */
export class Keep {
  /** What the storage did not take, as long as the page is open. */
  private readonly untaken = new Map<string, string>();

  /** @param storage asked for each time, since even that may be forbidden */
  constructor(private readonly storage: () => Storage = () => localStorage) {}

  read<T>(key: string): T | null {
    try {
      const text = this.untaken.get(key) ?? this.storage().getItem(`parley.${key}`);
      return text === null ? null : (JSON.parse(text) as T);
    } catch {
      return null;
    }
  }

  write(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    try {
      this.storage().setItem(`parley.${key}`, text);
      this.untaken.delete(key);
    } catch {
      this.untaken.set(key, text);
    }
  }

  /** Every key that begins so, in no order. */
  keys(prefix: string): string[] {
    const found = new Set(this.untaken.keys());
    try {
      for (const key of Object.keys(this.storage())) if (key.startsWith("parley.")) found.add(key.slice("parley.".length));
    } catch {
      // forbidden: there is what was not taken
    }
    return [...found].filter((key) => key.startsWith(prefix));
  }

  remove(key: string): void {
    this.untaken.delete(key);
    try {
      this.storage().removeItem(`parley.${key}`);
    } catch {
      // forbidden: there is nothing to remove
    }
  }
}
