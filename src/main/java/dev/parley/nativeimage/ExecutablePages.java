package dev.parley.nativeimage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.graalvm.nativeimage.c.function.CFunction;
import org.graalvm.word.PointerBase;
import org.graalvm.word.UnsignedWord;
import org.graalvm.word.WordFactory;

/**
 * The executable's code and constants in this process's memory. Linux only; in a native executable only, a JVM must not load this class.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/madvise.2.html">madvise(2)</a>
 */
final class ExecutablePages {

    private static final Path MAPPINGS = Path.of("/proc/self/smaps");
    /** Of a file, not writable: address, address, file name. */
    private static final Pattern READ_ONLY = Pattern.compile("(\\p{XDigit}+)-(\\p{XDigit}+) r-[x-]p \\S+ \\S+ [1-9]\\d* +(/.*)");
    /** Both say so: none of its pages is the process's own, neither in memory nor in swap. */
    private static final Pattern NO_PAGE_OF_ITS_OWN = Pattern.compile("(?:Anonymous|Swap): +0 kB");
    private static final int WITNESSES = 2;
    private static final int MADV_DONTNEED = 4;

    private ExecutablePages() {
    }

    /**
     * Takes the pages out of this process's memory. What is needed again is mapped again from the file's pages that the system keeps, a few at a time and
     * without reading the disk. Pages that are no longer the file's own, since the loader wrote to them, are left alone, with all others of their mapping.
     *
     * @throws IOException where Linux does not say what is mapped
     */
    static void release() throws IOException {
        if (!Files.isReadable(MAPPINGS)) {
            return;
        }
        String executable = Path.of("/proc/self/exe").toRealPath().toString();
        List<String> lines = Files.readAllLines(MAPPINGS);
        Matcher mapping = null;
        int witnesses = 0;
        for (String line : lines) {
            if (line.indexOf('-') > 0) {
                mapping = READ_ONLY.matcher(line);
                mapping = mapping.matches() && mapping.group(3).equals(executable) ? mapping : null;
                witnesses = 0;
            } else if (mapping != null && NO_PAGE_OF_ITS_OWN.matcher(line).matches() && ++witnesses == WITNESSES) {
                long from = Long.parseUnsignedLong(mapping.group(1), 16);
                long to = Long.parseUnsignedLong(mapping.group(2), 16);
                madvise(WordFactory.pointer(from), WordFactory.unsigned(to - from), MADV_DONTNEED);
            }
        }
    }

    @CFunction("madvise")
    private static native int madvise(PointerBase address, UnsignedWord bytes, int advice);
}
