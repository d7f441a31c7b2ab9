package dev.parley.database;

import dev.parley.testing.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.postgresql.ds.PGSimpleDataSource;

/** Databases of a test's own, on the server of the service under test. */
@ApplicationScoped
class ScratchDatabases {

    private final String url;
    private final String user;
    private final String password;

    ScratchDatabases(@ConfigProperty(name = "quarkus.datasource.jdbc.url") String url, @ConfigProperty(name = "quarkus.datasource.username") String user,
            @ConfigProperty(name = "quarkus.datasource.password", defaultValue = "postgres") String password) {
        this.url = url;
        this.user = user;
        this.password = password;
    }

    /** Of the service under test's own database. */
    String url() {
        return url;
    }

    /** An empty one; what was there under this name is gone. */
    PGSimpleDataSource empty(String name) {
        return made(name, "");
    }

    /** The same in an encoding that is not the server's. */
    PGSimpleDataSource empty(String name, String encoding) {
        return made(name, " template template0 lc_collate 'C' lc_ctype 'C' encoding '" + encoding + "'");
    }

    private PGSimpleDataSource made(String name, String options) {
        Sql server = Sql.on(named("postgres"));
        server.run("drop database if exists " + name + " with (force)");
        server.run("create database " + name + options);
        return named(name);
    }

    /** The one of this name, whether it is there or not, for the service's user. */
    PGSimpleDataSource named(String name) {
        return named(name, user, password);
    }

    PGSimpleDataSource named(String name, String as, String with) {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setURL(url);
        database.setDatabaseName(name);
        database.setUser(as);
        database.setPassword(with);
        return database;
    }
}
