package io.headrace.api.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.api.http.Exchange;
import io.headrace.api.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** {@code GET /q/openapi}: what the doors take and give, in the YAML it is written in, or as JSON for those who ask for it. */
public final class DescriptionEndpoint {
  private static final String RESOURCE = "/io/headrace/openapi.yaml";

  public void handle(Exchange exchange) {
    byte[] yaml = document();
    if (exchange.wantsJson()) {
      exchange.answer(json(yaml));
    } else {
      exchange.answer("application/yaml;charset=UTF-8", yaml);
    }
  }

  private static byte[] document() {
    try (InputStream in = DescriptionEndpoint.class.getResourceAsStream(RESOURCE)) {
      if (in == null) throw new IllegalStateException("the build lacks " + RESOURCE);
      return in.readAllBytes();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static JsonNode json(byte[] yaml) {
    Object tree = new Yaml(new SafeConstructor(new LoaderOptions())).load(new String(yaml, StandardCharsets.UTF_8));
    return Json.node(tree);
  }
}
