/**
 * What the delivery tests stand on: a real PostgreSQL that can be restarted, crashed, copied and put back in time; the packaged service as
 * separate processes; WebSocket clients that check every frame as it comes; and writers of every kind.
 *
 * <p>Nothing here knows the service's classes: a test that passes has seen the promise kept through the wire. {@code -Dparley.jar} names the jar
 * under test, {@code -Dparley.binary} a native executable instead; {@code -Dseed} repeats a random run.
 */
package dev.parley.testing;
