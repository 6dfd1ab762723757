package io.headrace.text.jinja;

/**
 * What a missing variable, attribute or item is: prints as nothing, is empty and false, and fails
 * on any other use.
 *
 * @param reason the message of that failure
 */
record Undefined(String reason) {
  static Undefined variable(String name) {
    return new Undefined("'" + name + "' is undefined");
  }
}
