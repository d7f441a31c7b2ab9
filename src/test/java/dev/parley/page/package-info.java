/** The pages in a real Chromium against the packaged service. Skipped, and said so, where no {@code chromium} is on the PATH. */
package dev.parley.page;
