package dev.parley.feed;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Positions as clients hold them: base64url of a compact binary form, opaque outside. Parsing is strict, since it takes what strangers send: one
 * form for each position, bounded counts, rising ids; anything else is an {@link IllegalArgumentException} and never reaches a query.
 *
 * <p>Layout: version byte, feed id (8 bytes), timeline, base, count of parts, and for each its snapshot and id; then, if there is one, the landmark: id,
 * xid, stamp (4 bytes). A snapshot is xmax, count of running ids, and their distances downward from xmax. Numbers are LEB128.
 */
final class PositionCodec {

    private static final int VERSION = 1;
    /** A URL must hold it: quarkus.http.limits.max-initial-line-length is larger. */
    private static final int MAX_TEXT = 12_000;
    /** Write transactions open at once; a PostgreSQL server with more has other troubles. */
    private static final int MAX_RUNNING = 2_000;

    private PositionCodec() {
    }

    static String encode(Position position) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(48);
        out.write(VERSION);
        fixed(out, position.feedId(), 8);
        number(out, Integer.toUnsignedLong(position.timeline()));
        snapshot(out, position.base());
        number(out, position.parts().size());
        for (Position.Part part : position.parts()) {
            snapshot(out, part.snapshot());
            number(out, part.id());
        }
        Landmark landmark = position.landmark();
        if (landmark != null) {
            number(out, landmark.id());
            number(out, landmark.xid());
            fixed(out, landmark.stamp(), 4);
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(out.toByteArray());
    }

    static Position decode(String text) {
        if (text.length() > MAX_TEXT) {
            throw new IllegalArgumentException("position is too long");
        }
        In in = new In(Base64.getUrlDecoder().decode(text));
        if (in.octet() != VERSION) {
            throw new IllegalArgumentException("position has an unknown version");
        }
        long feedId = in.fixed(8);
        long timeline = in.number();
        if (timeline > 0xffffffffL) {
            throw new IllegalArgumentException("position has an impossible timeline");
        }
        Snapshot base = in.snapshot();
        int count = in.count(Position.MAX_PARTS);
        List<Position.Part> parts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            parts.add(new Position.Part(in.snapshot(), in.number()));
        }
        Landmark landmark = in.isAtEnd() ? null : new Landmark(in.number(), in.number(), (int) in.fixed(4));
        Position position = new Position(feedId, (int) timeline, base, List.copyOf(parts), landmark);
        if (!encode(position).equals(text)) {
            throw new IllegalArgumentException("position is not in its one form");
        }
        return position;
    }

    private static void snapshot(ByteArrayOutputStream out, Snapshot snapshot) {
        number(out, snapshot.xmax());
        number(out, snapshot.running().length);
        long above = snapshot.xmax();
        for (int i = snapshot.running().length - 1; i >= 0; i--) {
            number(out, above - snapshot.running()[i]);
            above = snapshot.running()[i];
        }
    }

    private static void fixed(ByteArrayOutputStream out, long value, int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            out.write((int) (value >>> shift));
        }
    }

    private static void number(ByteArrayOutputStream out, long value) {
        while ((value & ~0x7fL) != 0) {
            out.write((int) (value & 0x7f | 0x80));
            value >>>= 7;
        }
        out.write((int) value);
    }

    private static final class In {
        private final byte[] bytes;
        private int at;

        In(byte[] bytes) {
            this.bytes = bytes;
        }

        int octet() {
            if (at == bytes.length) {
                throw new IllegalArgumentException("position ends early");
            }
            return bytes[at++] & 0xff;
        }

        boolean isAtEnd() {
            return at == bytes.length;
        }

        long fixed(int count) {
            long value = 0;
            for (int i = 0; i < count; i++) {
                value = value << 8 | octet();
            }
            return value;
        }

        long number() {
            long value = 0;
            for (int shift = 0; shift < 63; shift += 7) {
                int octet = octet();
                value |= (long) (octet & 0x7f) << shift;
                if (octet < 0x80) {
                    return value;
                }
            }
            throw new IllegalArgumentException("position has a number that is too large");
        }

        int count(int most) {
            long count = number();
            if (count > most) {
                throw new IllegalArgumentException("position has too many parts");
            }
            return (int) count;
        }

        Snapshot snapshot() {
            long xmax = number();
            long[] running = new long[count(MAX_RUNNING)];
            long above = xmax;
            for (int i = running.length - 1; i >= 0; i--) {
                long distance = number();
                if (distance < 1 || distance > above - 3) {
                    throw new IllegalArgumentException("position has ids out of order");
                }
                running[i] = above -= distance;
            }
            if (xmax < 3) {
                throw new IllegalArgumentException("position has an impossible id");
            }
            return new Snapshot(xmax, running);
        }
    }
}
