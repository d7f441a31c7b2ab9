package dev.parley.database;

import java.util.Collection;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;

/** The migrations of another provider, but for those in one folder. */
record WithoutFolder(ResourceProvider all, String folder) implements ResourceProvider {

    @Override
    public LoadableResource getResource(String name) {
        return name.startsWith(folder) ? null : all.getResource(name);
    }

    @Override
    public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
        return all.getResources(prefix, suffixes).stream()
                .filter(resource -> !resource.getAbsolutePath().startsWith(folder))
                .toList();
    }
}
