package dev.parley.realtime;

/** How much of something there may be at once, whoever it belongs to. Any thread. */
final class Allowance {

    private final long most;
    private long taken;

    Allowance(long most) {
        this.most = most;
    }

    /** One holder's part of it, empty at first. */
    Part part() {
        return new Part();
    }

    /** What one holder has taken and must give back. */
    final class Part {

        private long held;

        private Part() {
        }

        /** Takes so much more; false when there is not that much left. */
        boolean take(long amount) {
            synchronized (Allowance.this) {
                if (taken + amount > most) {
                    return false;
                }
                taken += amount;
                held += amount;
                return true;
            }
        }

        /** Gives back what it does not need, if it holds more than this. */
        void keep(long amount) {
            synchronized (Allowance.this) {
                if (held > amount) {
                    taken -= held - amount;
                    held = amount;
                }
            }
        }

        void giveBack() {
            keep(0);
        }
    }
}
