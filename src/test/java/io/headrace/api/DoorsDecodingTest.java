package io.headrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.generation.CascadeJudge;
import io.headrace.generation.FinishReason;
import io.headrace.generation.ModelTokens;
import io.headrace.generation.Timings;
import io.headrace.generation.TokenCounts;
import io.headrace.intake.Answer;
import io.headrace.intake.CascadeRecord;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.GenerationPiece;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How decoding is asked for, and what is said of it. */
final class DoorsDecodingTest extends OpenDoors {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "'' ~ null",
        ",'decoding':null ~ null",
        ",'decoding':'plain' ~ Plain[]",
        ",'decoding':'medusa' ~ Medusa[mostDrafted=15, typical=null]",
        ",'decoding':{'strategy':'medusa','acceptance':'typical','epsilon':0.2} ~ Medusa[mostDrafted=15, typical=Typical[epsilon=0.2, delta=0.3]]",
        ",'decoding':{'strategy':'specdec','stop':'head','draft_tokens':6,'threshold':0.5} ~ SpecDec[stop=HEAD, draftTokens=6, threshold=0.5, copies=true]",
        ",'decoding':{'strategy':'auto'} ~ Auto[mostDrafted=15]",
        ",'decoding':{'strategy':'fusion','base':'b','experts':['x','y'],'alpha':1} ~ Fusion[base=b, experts=[x, y], alpha=OptionalDouble[1.0]]",
        ",'decoding':{'strategy':'cascade','small':'s','judge':'self','threshold':0.6} ~ Cascade[small=s, judge=SELF, threshold=0.6]",
        ",'decoding':{'strategy':'ngram','shortest_match':3,'most_drafted':4} ~ Ngram[shortestMatch=3, longestMatch=32, mostDrafted=4]",
      })
  void decodingIsReadAlikeByEveryDoor(String field, String choice) throws Exception {
    String more = field.equals("''") ? "" : field.strip();
    ok(post("/v1/chat/completions", "{'messages':[{'role':'user','content':'x'}]" + more + "}"));
    ok(post("/v1/completions", "{'prompt':'x'" + more + "}"));
    for (GenerationCall call : desk.calls) assertEquals(choice.strip(), String.valueOf(call.decoding()));
  }

  @Test
  void timingsSayWhoChoseTheTokensWhereItWasNotTheServedModelAlone() throws Exception {
    var parts = List.of(new ModelTokens("target", 1, 1), new ModelTokens("small", 3, 2));
    desk.script =
        call ->
            Answer.of(
                List.of(
                    new GenerationPiece.Text("x", List.of()),
                    new GenerationPiece.End(new FinishReason.Length(), new TokenCounts(3, 0, 4), new Timings(1, 2, 3, 4, 0, false, List.of(), parts))));
    JsonNode models = ok(post("/v1/completions", "{'prompt':'x','timings':true,'decoding':{'strategy':'entropy','threshold':1.5}}")).at("/timings/models");
    assertEquals("approximate", models.get("fidelity").asText());
    assertEquals(3, models.at("/tokens/small").asInt());
    assertEquals(0.25, models.get("served_share").asDouble());
    assertEquals(3, models.get("switches").asInt());
    JsonNode two = ok(post("/v1/completions", "{'prompt':['x','y'],'timings':true,'decoding':'entropy'}")).at("/timings/models");
    assertEquals(6, two.at("/tokens/small").asInt());
    assertEquals(0.25, two.get("served_share").asDouble());
  }

  @Test
  void timingsSayWhatTheDraftsDidAndTokensWhoDraftedThem() throws Exception {
    JsonNode answer =
        ok(post("/v1/chat/completions", "{'messages':[{'role':'user','content':'x'}],'timings':true,'logprobs':true,'decoding':'ngram'}"));
    JsonNode timings = answer.get("timings");
    assertEquals(4, timings.get("draft_n").asInt());
    assertEquals(3, timings.get("draft_n_accepted").asInt());
    JsonNode record = timings.at("/decoding/0");
    assertEquals("ngram", record.get("strategy").asText());
    assertEquals(1, record.get("discarded").asInt());
    assertEquals(2.5, record.get("tokens_per_pass").asDouble());
    assertEquals(1.5, record.get("overhead").asDouble());
    assertTrue(answer.at("/choices/0/logprobs/content/0/drafted_by").isNull());
    assertEquals("ngram", answer.at("/choices/0/logprobs/content/1/drafted_by").asText());
    assertFalse(timings.has("models"), "the output is the served model's alone");
    JsonNode plain = ok(post("/v1/chat/completions", "{'messages':[{'role':'user','content':'x'}],'logprobs':true}"));
    assertFalse(plain.has("timings"));
    assertFalse(plain.at("/choices/0/logprobs/content/0").has("drafted_by"), "nobody asked");
    JsonNode completion = ok(post("/v1/completions", "{'prompt':'x','timings':true,'logprobs':1}"));
    assertEquals("ngram", completion.at("/choices/0/logprobs/drafted_by/1").asText());
  }

  @Test
  void aCascadeSaysWhoAnsweredAndWhy() throws Exception {
    var record = new CascadeRecord("small", CascadeJudge.LOGPROB, -0.25, Double.NEGATIVE_INFINITY, 9, 0);
    var end = (GenerationPiece.End) StubDesk.end(new FinishReason.Length(), 2);
    desk.script =
        call ->
            Answer.of(
                List.of(StubDesk.hello().getFirst(), new GenerationPiece.End(end.reason(), end.counts(), end.timings(), record)));
    for (String door : List.of("/v1/chat/completions", "/v1/completions")) {
      String prompt = door.contains("chat") ? "'messages':[{'role':'user','content':'x'}]" : "'prompt':'x'";
      JsonNode cascade = ok(post(door, "{" + prompt + "}")).at("/choices/0/cascade");
      assertEquals("small", cascade.get("answered_by").asText());
      assertEquals("logprob", cascade.get("judge").asText());
      assertEquals(-0.25, cascade.get("score").asDouble());
      assertTrue(cascade.get("threshold").isNull(), "JSON has no infinity");
      assertEquals(9, cascade.get("small_tokens").asInt());
      String stream = post(door, "{" + prompt + ",'stream':true}").body();
      assertTrue(stream.contains("\"answered_by\":\"small\""), stream);
    }
  }
}
