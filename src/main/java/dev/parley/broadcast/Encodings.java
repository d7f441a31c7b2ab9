package dev.parley.broadcast;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/** What something is encoded to for all who get it, each form made by the first to ask. Any thread; two that ask at once may both make it. */
final class Encodings {

    private final AtomicReferenceArray<byte[]> made = new AtomicReferenceArray<>(Broadcast.ENCODINGS);

    /** Null unless it is made already: for who gets the same as thousands before him. */
    byte[] get(int which) {
        return made.get(which);
    }

    byte[] get(int which, Supplier<byte[]> encoder) {
        byte[] encoded = made.get(which);
        if (encoded == null) {
            encoded = encoder.get();
            made.set(which, encoded);
        }
        return encoded;
    }
}
