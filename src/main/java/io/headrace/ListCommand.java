package io.headrace;

import io.headrace.store.CatalogueEntry;
import io.headrace.store.ModelStore;
import io.headrace.store.StoredModel;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code headrace list}: what is in the store, and what could be. */
@Command(name = "list", description = "Lists the models of the store and of the catalogue.", mixinStandardHelpOptions = true)
final class ListCommand implements Runnable {
  private static final String ROW = "%-28s %10s  %-12s %s%n";

  @Mixin private CommonOptions common = new CommonOptions();

  @Override
  public void run() {
    ModelStore store = Assembly.store(common.read(CommonOptions.flags()));
    Set<String> here = new HashSet<>();
    System.out.printf(ROW, "MODEL", "SIZE", "LICENCE", "WHERE");
    for (StoredModel model : store.list()) {
      here.add(model.name());
      System.out.printf(ROW, model.name(), size(model.bytes()), model.licence(), model.path());
    }
    for (CatalogueEntry entry : store.catalogue().entries()) {
      if (!here.contains(entry.name())) {
        System.out.printf(ROW, entry.name(), size(entry.bytes()), entry.licence(), "not fetched: headrace pull " + entry.name());
      }
    }
  }

  private static String size(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
