package dev.parley.realtime;

import dev.parley.changes.Column;
import dev.parley.changes.Projection;
import dev.parley.changes.Row;
import dev.parley.changes.Table;
import dev.parley.feed.Change.Operation;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Position;
import dev.parley.stream.Binding;
import dev.parley.stream.ChangeEncoder;
import dev.parley.stream.TableChange;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Changes as {@code postgres_changes} frames of one channel.
 *
 * <p>A change's data are made once for all channels that show the same of it; around them come the topic and the ids.
 */
final class ChangeFrames implements ChangeEncoder {

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'");
    private static final int LARGE_FIELD = 64;
    private static final String TOO_LARGE = "[\"Error 413: Payload Too Large\"]";

    /** @param joinRef null where one serves all joins of the topic */
    private record Audience(Vsn vsn, String topic, String joinRef) {
    }

    private record Form(Set<String> columns, String positionName) {

        // written out: looked up for each change and group, and in a native executable a record's own may be a thousand times slower
        @Override
        public boolean equals(Object other) {
            return other instanceof Form form && Objects.equals(form.columns, columns) && Objects.equals(form.positionName, positionName);
        }

        @Override
        public int hashCode() {
            return 31 * Objects.hashCode(columns) + Objects.hashCode(positionName);
        }
    }

    private final ChannelFrames frames;
    private final Audience audience;
    private final boolean positions;
    private final int maxRecord;

    /** @param positions whether the reader resumes by positions and wants to be told them when nothing happens too */
    ChangeFrames(ChannelFrames frames, boolean positions, int maxRecord) {
        this.frames = frames;
        this.audience = new Audience(frames.vsn(), frames.topic(), positions ? frames.joinRef() : null);
        this.positions = positions;
        this.maxRecord = maxRecord;
    }

    @Override
    public Object audience() {
        return audience;
    }

    @Override
    public byte[] frame(TableChange change, List<Binding> bindings, Position position, boolean own) {
        Binding first = bindings.get(0);
        Projection projection = first.projection();
        Form form = new Form(projection == null ? null : projection.names(), first.positionName());
        // joining readers are told other positions than those who follow the tail
        Object resumeAfter = change.resumeAfter(position);
        byte[] data = position != change.change().after() ? data(change, form, resumeAfter) : change.once(form, () -> data(change, form, resumeAfter));
        StringBuilder ids = new StringBuilder("{\"ids\":[");
        for (Binding binding : bindings) {
            ids.append(binding == first ? "" : ",").append(binding.id());
        }
        ids.append("],\"data\":");
        // outdated frames of a join that the client has given up are told by its ref; what all of a topic get has none, but where a client resumes:
        // until its new join is answered it would take any for the new one's, which brings the same once more
        return positions ? frames.aroundOfJoin("postgres_changes", ids.toString(), data, "}") : frames.around(own, "postgres_changes", ids.toString(), data, "}");
    }

    @Override
    public byte[] live(Position position) {
        return RawJson.bytes(frames.subscribed(positions ? position : null));
    }

    @Override
    public byte[] resync(Reason reason) {
        return RawJson.bytes(frames.system("postgres_changes", "error", "Changes since `after` can't be told exactly (" + reason.word() + "): load afresh", null));
    }

    @Override
    public boolean wantsPositions() {
        return positions;
    }

    @Override
    public byte[] position(Position position) {
        return live(position);
    }

    private byte[] data(TableChange change, Form form, Object resumeAfter) {
        Table table = change.table();
        boolean large = isCut(change) || size(change.record()) + size(change.old()) > maxRecord;
        StringBuilder data = new StringBuilder(512)
                .append("{\"schema\":").append(RawJson.quote(change.change().schema()))
                .append(",\"table\":").append(RawJson.quote(change.change().table()))
                .append(",\"commit_timestamp\":\"").append(stamp(change.change().loggedAt()))
                .append("\",\"type\":\"").append(change.change().operation()).append("\",\"columns\":[");
        if (table != null) {
            Row shown = change.record() != null ? change.record() : change.old();
            boolean fits = change.record() == null || change.fits();
            String comma = "";
            for (Column column : table.columns()) {
                if ((form.columns == null || form.columns.contains(column.name())) && (fits || shown.has(column.name()))) {
                    data.append(comma).append("{\"name\":").append(RawJson.quote(column.name())).append(",\"type\":").append(RawJson.quote(column.type())).append('}');
                    comma = ",";
                }
            }
        }
        data.append(']');
        if (change.record() != null) {
            data.append(",\"record\":");
            row(change.record(), table, form, resumeAfter, large, data);
        }
        if (change.old() != null) {
            data.append(",\"old_record\":");
            row(change.old(), table, change.record() == null ? form : new Form(form.columns, null), resumeAfter, large, data);
        } else if (change.change().operation() == Operation.UPDATE) {
            data.append(",\"old_record\":{}"); // the table is gone: clients look for one all the same
        }
        return RawJson.bytes(data.append(",\"errors\":").append(large ? TOO_LARGE : "null").append(",\"position\":\"").append(resumeAfter).append("\"}").toString());
    }

    private static void row(Row row, Table table, Form form, Object resumeAfter, boolean large, StringBuilder data) {
        Row shown = form.columns == null ? row : Row.parse(row.only(form.columns));
        shown = large ? Row.parse(shown.withoutLarge(LARGE_FIELD)) : shown;
        String json = table == null ? shown.json() : shown.json(table);
        if (form.positionName == null) {
            data.append(json);
        } else {
            int end = json.lastIndexOf('}');
            data.append(json, 0, end).append(shown.names().isEmpty() ? "" : ",").append(RawJson.quote(form.positionName)).append(":\"").append(resumeAfter).append("\"}");
        }
    }

    /** Whether something is missing of what would be told: of a deleted row its key is all the same there. */
    private static boolean isCut(TableChange change) {
        return change.change().cut() && (change.record() != null || change.table() != null && !change.table().identity().stream().allMatch(change.old()::has));
    }

    private static int size(Row row) {
        return row == null ? 0 : row.json().length();
    }

    private static String stamp(OffsetDateTime at) {
        return STAMP.format(at.withOffsetSameInstant(ZoneOffset.UTC));
    }
}
