package io.headrace;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;

/** The HTTP server's life: up when this runs, until the process is told to stop. */
public final class HttpApplication implements QuarkusApplication {
  @Override
  public int run(String... args) {
    Assembly assembly = ServeCommand.LOADED.join();
    // With port 0 Quarkus writes the port it got back into its own property.
    System.out.println(assembly.greeting(ServerConfig.property("quarkus.http.host"), ServerConfig.property("quarkus.http.port")));
    Quarkus.waitForExit();
    return 0;
  }
}
