package io.headrace.store;

import java.nio.file.Path;

/** A model as a user named it, understood. Built by {@link ModelStore#resolve}. */
public sealed interface ModelReference {
  /** What the model is called from here on: in lists, in messages and by clients. */
  String name();

  /** A model of the catalogue. */
  record Catalogued(CatalogueEntry entry) implements ModelReference {
    @Override
    public String name() {
      return entry.name();
    }
  }

  /** One file of the hub, not pinned by us: the hub's own SHA-256 is checked where it gives one. */
  record HubFile(HubSource source) implements ModelReference {
    /** The revision that is meant when none is given. */
    static final String DEFAULT_REVISION = "main";

    @Override
    public String name() {
      String at = source.revision().equals(DEFAULT_REVISION) ? "" : "@" + source.revision();
      return "hf:" + source.repository() + "/" + source.file() + at;
    }
  }

  /** A GGUF file that exists on this machine. */
  record LocalFile(Path path) implements ModelReference {
    @Override
    public String name() {
      return path.getFileName().toString().replaceFirst("(?i)\\.gguf$", "");
    }
  }

  /** A folder on this machine with {@code config.json} and safetensors files. */
  record LocalFolder(Path path) implements ModelReference {
    @Override
    public String name() {
      return path.getFileName().toString();
    }
  }
}
