/**
 * What lies between a socket's session and Netty: the bounded way out, frames encoded once for many receivers, one write for each socket and turn of its
 * event loop (of one buffer, shared by all who got the same in that turn), and what the WebSocket extension does not tell. Without TLS whole frames go past the
 * pipeline's handlers, to whom they mean nothing (10 to 24 % more deliveries with one message in flight), and past Netty's queue while that is empty (0 to 22 %
 * more); what the system does not take at once waits in the queue, which keeps the order and the bound.
 *
 * <p>What it promises: everything happens on the socket's own event loop; bytes handed in are shared and never changed; Vert.x' internals are touched in one
 * class, {@link dev.parley.transport.SocketChannel}.
 */
package dev.parley.transport;
