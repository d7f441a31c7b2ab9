package dev.parley.broadcast;

/**
 * What a member says of itself at one time.
 *
 * @param key  under which it is listed
 * @param ref  unique for all times and replicas
 * @param text a JSON object's text
 */
record Meta(String key, String ref, String text) {

    /** As clients get it. Ours comes last: of two fields of one name that is the one that counts. */
    String json() {
        return open() + "\"phx_ref\":\"" + ref + "\"}";
    }

    /** @param previous the one that it takes the place of */
    String json(Meta previous) {
        return open() + "\"phx_ref\":\"" + ref + "\",\"phx_ref_prev\":\"" + previous.ref + "\"}";
    }

    private String open() {
        String body = text.strip();
        body = body.substring(0, body.length() - 1).stripTrailing();
        return body.length() == 1 ? body : body + ",";
    }
}
