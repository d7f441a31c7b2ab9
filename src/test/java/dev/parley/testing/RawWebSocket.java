package dev.parley.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A WebSocket over a bare TCP socket: it can send what a well-behaved library would not, and whoever does not call {@link #read} truly does not read,
 * so that the server's side of the connection fills up.
 *
 * <p>One thread reads; any thread writes.
 */
public final class RawWebSocket implements AutoCloseable {

    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    private static final int PONG = 10;
    private static final int RECEIVE_BUFFER = 64 * 1024;
    private static final int CONNECT_MILLIS = 5_000;
    private static final int LONGEST_FRAME = 16 * 1024 * 1024;

    /** The upgrade was refused. */
    public static final class Refused extends IOException {

        private final int status;
        private final String body;

        Refused(int status, String head, String body) {
            super("upgrade refused: " + head + "\n\n" + body);
            this.status = status;
            this.body = body;
        }

        /** The HTTP status. */
        public int status() {
            return status;
        }

        /** What the answer said, empty when nothing or its length was not given. */
        public String body() {
            return body;
        }
    }

    /** One message as it came, or the end of the stream. */
    public sealed interface Received {
    }

    /** A whole text message. */
    public record Text(String text) implements Received {
    }

    /** A whole binary message. */
    public record Binary(byte[] bytes) implements Received {
    }

    /** The server closed, with this code; 1006 when the connection broke without a word. */
    public record Closed(int code, String reason) implements Received {
    }

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    private RawWebSocket(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), RECEIVE_BUFFER));
        this.out = socket.getOutputStream();
    }

    /** Connects and upgrades. @throws Refused when the server answers anything but 101 */
    public static RawWebSocket open(int port, String pathAndQuery) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(RECEIVE_BUFFER);
        socket.setTcpNoDelay(true);
        try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            socket.setSoTimeout(60_000);
            RawWebSocket webSocket = new RawWebSocket(socket);
            webSocket.upgrade(port, pathAndQuery);
            socket.setSoTimeout(0);
            return webSocket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void upgrade(int port, String pathAndQuery) throws IOException {
        byte[] key = new byte[16];
        ThreadLocalRandom.current().nextBytes(key);
        out.write(("GET " + pathAndQuery + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + Base64.getEncoder().encodeToString(key) + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        String status = line();
        StringBuilder head = new StringBuilder(status);
        int length = 0;
        for (String line = line(); !line.isEmpty(); line = line()) {
            head.append('\n').append(line);
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(line.substring(line.indexOf(':') + 1).trim());
            }
        }
        int code = Integer.parseInt(status.split(" ")[1]);
        if (code != 101) {
            throw new Refused(code, head.toString(), new String(in.readNBytes(length), StandardCharsets.UTF_8));
        }
    }

    private String line() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int b = in.readUnsignedByte(); b != '\n'; b = in.readUnsignedByte()) {
            if (b != '\r') {
                bytes.write(b);
            }
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /** Blocks for the next message; pings are answered on the way. Never throws: a broken connection is {@link Closed} with 1006. */
    public Received read() {
        try {
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            boolean binary = false;
            while (true) {
                int first = in.readUnsignedByte();
                byte[] payload = in.readNBytes(length());
                binary |= (first & 0x0f) == BINARY;
                switch (first & 0x0f) {
                    case PING -> write(PONG, payload);
                    case PONG -> {
                    }
                    case CLOSE -> {
                        return closed(payload);
                    }
                    default -> {
                        message.write(payload);
                        if ((first & 0x80) != 0) {
                            return binary ? new Binary(message.toByteArray()) : new Text(message.toString(StandardCharsets.UTF_8));
                        }
                    }
                }
            }
        } catch (IOException e) {
            return new Closed(1006, String.valueOf(e.getMessage()));
        }
    }

    private int length() throws IOException {
        int second = in.readUnsignedByte();
        int length = second & 0x7f;
        if (length == 126) {
            return in.readUnsignedShort();
        }
        if (length == 127) {
            long large = in.readLong();
            if (large > LONGEST_FRAME) {
                throw new EOFException("a frame of " + large + " bytes");
            }
            return (int) large;
        }
        return length;
    }

    private static Closed closed(byte[] payload) {
        if (payload.length < 2) {
            return new Closed(1005, "");
        }
        return new Closed((payload[0] & 0xff) << 8 | payload[1] & 0xff, new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
    }

    public void write(String text) throws IOException {
        write(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends text messages in one go, so that the server meets them at once. */
    public void writeTogether(List<String> texts) throws IOException {
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        for (String text : texts) {
            frames.writeBytes(frame(true, TEXT, text.getBytes(StandardCharsets.UTF_8)));
        }
        writeRaw(frames.toByteArray());
    }

    /** Sends one unfragmented frame of any kind with any bytes. */
    public void write(int opcode, byte[] payload) throws IOException {
        write(true, opcode, payload);
    }

    /** Sends one frame, which may be a fragment of a message. */
    public void write(boolean last, int opcode, byte[] payload) throws IOException {
        writeRaw(frame(last, opcode, payload));
    }

    private static byte[] frame(boolean last, int opcode, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(payload.length + 14);
        frame.write((last ? 0x80 : 0) | opcode);
        if (payload.length < 126) {
            frame.write(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        } else {
            frame.write(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                frame.write((int) ((long) payload.length >> shift));
            }
        }
        // A mask of zeros is a mask: the bytes go out as they are.
        frame.writeBytes(new byte[4]);
        frame.writeBytes(payload);
        return frame.toByteArray();
    }

    /** Sends bytes that need not be a frame. */
    public synchronized void writeRaw(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    /** Breaks the connection without a word, as a lost network does; a blocked {@link #read} returns. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
