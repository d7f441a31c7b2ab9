package dev.parley.transport;

import dev.parley.stream.Frames;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * Writes a stream to a socket: asks it for the next item as long as the socket has room, and no further. On the socket's event loop only.
 */
public final class OutboundStream implements Flow.Subscriber<Frames> {

    private final Consumer<Throwable> failed;
    private Outbound outbound;
    private Flow.Subscription subscription;
    private boolean asked;
    private boolean cancelled;

    /** @param failed called when the stream ends; it never ends otherwise */
    public OutboundStream(Consumer<Throwable> failed) {
        this.failed = failed;
    }

    public void writeTo(Outbound way) {
        outbound = way;
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        subscription = opened;
        if (cancelled) {
            opened.cancel();
        } else {
            ask();
        }
    }

    @Override
    public void onNext(Frames frames) {
        asked = false;
        if (frames.source() != this) {
            outbound.write(frames.encoded(WebSocketBytes::encode));
        }
        ask();
    }

    @Override
    public void onError(Throwable failure) {
        failed.accept(failure);
    }

    @Override
    public void onComplete() {
        failed.accept(null);
    }

    /** Asks for the next item when there is room. */
    public void ask() {
        if (!asked && subscription != null && outbound.hasRoom()) {
            asked = true;
            subscription.request(1);
        }
    }

    public void cancel() {
        cancelled = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }
}
