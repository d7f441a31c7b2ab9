/**
 * The benchmark suite. {@link dev.parley.bench.Bench} runs parts, each of which measures one or more rows of the table of targets. It starts everything
 * that is measured itself and leaves nothing running. One thread, but where a class says otherwise.
 */
package dev.parley.bench;
