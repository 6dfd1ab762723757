package io.headrace;

import io.quarkus.runtime.annotations.QuarkusMain;

@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String... args) {
    System.out.println("headrace");
  }
}
