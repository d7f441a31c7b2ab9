package dev.parley.access;

/** What somebody may do on a private channel. */
public record ChannelRights(boolean broadcastRead, boolean broadcastWrite, boolean presenceRead, boolean presenceWrite) {

    public static final ChannelRights ALL = new ChannelRights(true, true, true, true);
    public static final ChannelRights NONE = new ChannelRights(false, false, false, false);

    /**
     * Whether the channel may be joined: there must be something to hear.
     *
     * @param presence whether it wants to know who is there
     */
    public boolean mayJoin(boolean presence) {
        return broadcastRead || presence && presenceRead;
    }

    /** What may be heard is as here, what may be said as there. */
    public ChannelRights writing(ChannelRights there) {
        return new ChannelRights(broadcastRead, there.broadcastWrite, presenceRead, there.presenceWrite);
    }
}
