package io.headrace.text.jinja;

import java.util.Iterator;

/** What Python calls a generator or iterator: can be run through once and has no length. */
record Stream(Iterator<Object> items) {}
