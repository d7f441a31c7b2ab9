package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** A table is named in the settings as it is called. */
class TableNameTest {

    @Test
    void quotesAreNeededForDotsOnly() {
        assertEquals(new TableName("public", "orders"), TableName.parse(" orders "));
        assertEquals(new TableName("shop", "Orders"), TableName.parse("shop.Orders"));
        assertEquals(new TableName("shop", "Odd.Name"), TableName.parse("shop.\"Odd.Name\""));
        assertEquals(new TableName("a.b", "Weird \"Tab.le"), TableName.parse("\"a.b\".\"Weird \"\"Tab.le\""));
        assertEquals(new TableName("public", "\""), TableName.parse("\""));
    }
}
