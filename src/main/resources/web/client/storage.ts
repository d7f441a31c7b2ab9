/**
 * `localStorage`, or another, that never throws: a private window may forbid it and a full one may refuse, and a chat goes on without.
 */
export class Keep {
  /** @param storage asked for each time, since even that may be forbidden */
  constructor(private readonly storage: () => Storage = () => localStorage) {}

  read<T>(key: string): T | null {
    try {
      const text = this.storage().getItem(`parley.${key}`);
      return text === null ? null : (JSON.parse(text) as T);
    } catch {
      return null;
    }
  }

  write(key: string, value: unknown): void {
    try {
      this.storage().setItem(`parley.${key}`, JSON.stringify(value));
    } catch {
      // full or forbidden: what is in memory still works
    }
  }

  remove(key: string): void {
    try {
      this.storage().removeItem(`parley.${key}`);
    } catch {
      // as above
    }
  }
}
