package dev.parley.socket;

import dev.parley.conversation.ParleyException;
import dev.parley.stream.Frames;
import dev.parley.transport.Outbound;
import dev.parley.transport.WebSocketBytes;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * One socket's outbound side: asks its stream for the next item as long as the socket has room, and no further. On the socket's event loop only.
 */
final class SocketStream implements Flow.Subscriber<Frames> {

    private final Consumer<Throwable> failed;
    private Outbound outbound;
    private Flow.Subscription subscription;
    private boolean asked;
    private boolean cancelled;

    /** @param failed called when the stream ends; it never ends otherwise */
    SocketStream(Consumer<Throwable> failed) {
        this.failed = failed;
    }

    void writeTo(Outbound way) {
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
        if (failure instanceof ParleyException known) {
            outbound.write(WebSocketBytes.encode(List.of(SocketJson.error(known.code(), known.getMessage(), null))));
        }
        failed.accept(failure);
    }

    @Override
    public void onComplete() {
        failed.accept(null);
    }

    /** Asks for the next item when there is room. */
    void ask() {
        if (!asked && subscription != null && outbound.hasRoom()) {
            asked = true;
            subscription.request(1);
        }
    }

    void cancel() {
        cancelled = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }
}
