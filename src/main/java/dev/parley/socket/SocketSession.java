package dev.parley.socket;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.access.Identity;
import dev.parley.conversation.ErrorCode;
import dev.parley.conversation.NewMessage;
import dev.parley.conversation.ParleyException;
import dev.parley.conversation.Sent;
import dev.parley.conversation.StrictJson;
import dev.parley.transport.Outbound;
import dev.parley.transport.OutboundStream;
import dev.parley.transport.SocketGuard;
import dev.parley.transport.WebSocketBytes;
import io.netty.channel.EventLoop;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * One socket's inbound side: takes the client's frames, each answered by itself, so that a bad one harms nothing else.
 * On the socket's event loop only.
 */
final class SocketSession implements SocketGuard.Session {

    private static final Logger LOG = Logger.getLogger(SocketSession.class);
    private static final int MAX_TYPING_CONVERSATIONS = 1_000;
    /** Between any two typing frames of one socket, whatever the conversation. */
    private static final long MIN_TYPING_NANOS = 20_000_000;

    private final SocketServices services;
    private final SocketRequest request;
    private final EventLoop loop;
    private final Outbound outbound;
    private final OutboundStream stream;
    private final Map<UUID, Long> typedAt = new HashMap<>(2);
    private long typedLast = System.nanoTime() - MIN_TYPING_NANOS;
    private int inFlight;

    SocketSession(SocketServices services, SocketRequest request, Outbound outbound, OutboundStream stream) {
        this.services = services;
        this.request = request;
        this.loop = request.channel().eventLoop();
        this.outbound = outbound;
        this.stream = stream;
    }

    @Override
    public Outbound outbound() {
        return outbound;
    }

    /**
     * Takes a text frame. A client that sends faster than can be stored, or does not read its answers, is not read further until there is room again.
     */
    void text(String text) {
        if (text.length() > services.config().maxFrame()) {
            error(ErrorCode.TOO_LARGE, "a frame has at most " + services.config().maxFrame() + " characters", null);
        } else {
            frame(text);
        }
        pauseIfFull();
    }

    void binary() {
        error(ErrorCode.BINARY_UNSUPPORTED, "send text frames", null);
        pauseIfFull();
    }

    @Override
    public void invalidUtf8() {
        error(ErrorCode.INVALID_UTF8, "the frame is not valid UTF-8", null);
        pauseIfFull();
    }

    /** There is room for answers again. */
    void roomAgain() {
        release();
    }

    private void frame(String text) {
        String id = null;
        try {
            ObjectNode frame = StrictJson.object(text);
            id = frame.path("id").isTextual() ? frame.get("id").textValue() : null;
            String type = StrictJson.string(frame, "type", ErrorCode.INVALID_FRAME);
            switch (type == null ? "" : type) {
                case "send" -> send(frame, id);
                case "typing" -> typing(frame);
                case "ping" -> write(SocketJson.PONG); // a browser can't see the pings of the protocol
                default -> throw new ParleyException(ErrorCode.INVALID_FRAME, "type must be send, typing or ping");
            }
        } catch (ParleyException e) {
            error(e.code(), e.getMessage(), id);
        }
    }

    private void send(ObjectNode frame, String id) {
        UUID conversation = conversation(frame);
        Identity speaker = speaker(frame);
        NewMessage message = services.rules().message(frame, conversation, speaker, ErrorCode.INVALID_FRAME);
        inFlight++;
        services.access().maySend(speaker, conversation)
                .flatMap(allowed -> allowed ? services.writer().send(message)
                        : Uni.createFrom().<Sent>failure(new ParleyException(ErrorCode.FORBIDDEN, "not yours to write to")))
                .subscribe().with(sent -> answer(SocketJson.ack(sent)), failure -> answer(refusal(failure, id)));
    }

    private void typing(ObjectNode frame) {
        UUID conversation = conversation(frame);
        Identity speaker = speaker(frame);
        services.rules().checkSender(speaker);
        long now = System.nanoTime();
        if (now - typedLast < MIN_TYPING_NANOS) {
            return;
        }
        Long before = typedAt.get(conversation);
        if (before != null && now - before < services.config().typingInterval().toNanos()) {
            return;
        }
        if (typedAt.size() >= MAX_TYPING_CONVERSATIONS) {
            typedAt.clear();
        }
        typedAt.put(conversation, now);
        typedLast = now;
        services.access().maySend(speaker, conversation).subscribe().with(allowed -> {
            if (allowed) {
                services.typing().typing(conversation, speaker, stream);
            }
        });
    }

    private UUID conversation(ObjectNode frame) {
        return request.conversation() != null ? request.conversation()
                : services.rules().conversationId(StrictJson.string(frame, "conversation_id", ErrorCode.INVALID_FRAME), ErrorCode.INVALID_FRAME);
    }

    private Identity speaker(ObjectNode frame) {
        return services.access().speaksAs(request.identity(),
                StrictJson.string(frame, "sender_id", ErrorCode.INVALID_FRAME), StrictJson.string(frame, "sender_role", ErrorCode.INVALID_FRAME));
    }

    private static byte[] refusal(Throwable failure, String id) {
        if (failure instanceof ParleyException known) {
            return SocketJson.error(known.code(), known.getMessage(), id);
        }
        LOG.error("a send failed", failure);
        return SocketJson.error(ErrorCode.INTERNAL, "the message may or may not be stored: send it again with the same id", id);
    }

    private void answer(byte[] json) {
        if (!loop.inEventLoop()) {
            loop.execute(() -> answer(json));
            return;
        }
        inFlight--;
        write(json);
        release();
    }

    private void error(ErrorCode code, String detail, String id) {
        write(SocketJson.error(code, detail, id));
    }

    private void write(byte[] json) {
        outbound.write(WebSocketBytes.encode(List.of(json)));
    }

    private boolean isFull() {
        return inFlight >= services.config().maxInFlight() || !outbound.hasRoom();
    }

    private void pauseIfFull() {
        if (isFull()) {
            request.channel().config().setAutoRead(false);
        }
    }

    private void release() {
        if (!isFull()) {
            request.channel().config().setAutoRead(true);
        }
    }
}
