/**
 * `localStorage` that never throws: a private window may forbid it and a full one may refuse, and a chat goes on without.
 */
export class Keep {
  read<T>(key: string): T | null {
    try {
      const text = localStorage.getItem(`parley.${key}`);
      return text === null ? null : (JSON.parse(text) as T);
    } catch {
      return null;
    }
  }

  write(key: string, value: unknown): void {
    try {
      localStorage.setItem(`parley.${key}`, JSON.stringify(value));
    } catch {
      // full or forbidden: what is in memory still works
    }
  }

  remove(key: string): void {
    try {
      localStorage.removeItem(`parley.${key}`);
    } catch {
      // as above
    }
  }
}
