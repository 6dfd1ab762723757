package io.headrace.text.jinja;

/** Python's None. */
enum None {
  NONE
}
