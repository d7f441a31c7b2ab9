package dev.parley.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tokens that were found good lately: a thousand sockets come with the same one. Kept by their hash, so that no token lies in memory, and
 * within a bound, the one used longest ago going first. Any thread.
 */
final class VerifiedTokens {

    /** @param by where the key came from, null for the shared secret: once those keys are replaced, this counts no more */
    record Verified(Caller caller, KeySet by) {

        long weight() {
            return OVERHEAD + caller.claims().length();
        }
    }

    private static final long OVERHEAD = 300;

    private final long maxWeight;
    private final Map<String, Verified> byHash = new LinkedHashMap<>(64, 0.75f, true);
    private long weight;

    /** @param maxWeight how many characters of claims to keep, about */
    VerifiedTokens(long maxWeight) {
        this.maxWeight = maxWeight;
    }

    static String hash(String token) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            return new String(digest, StandardCharsets.ISO_8859_1);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    synchronized Verified get(String hash) {
        return byHash.get(hash);
    }

    synchronized void put(String hash, Verified verified) {
        remove(hash);
        byHash.put(hash, verified);
        weight += verified.weight();
        Iterator<Verified> oldest = byHash.values().iterator();
        while (weight > maxWeight && oldest.hasNext()) {
            weight -= oldest.next().weight();
            oldest.remove();
        }
    }

    synchronized void remove(String hash) {
        Verified removed = byHash.remove(hash);
        if (removed != null) {
            weight -= removed.weight();
        }
    }

    synchronized int size() {
        return byHash.size();
    }
}
