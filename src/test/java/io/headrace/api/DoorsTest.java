package io.headrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.generation.FinishReason;
import io.headrace.intake.Answer;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.Prompt;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers get: documents, streams, and what becomes of their fields. */
final class DoorsTest extends OpenDoors {
  @Test
  void aChatCompletionIsOneDocument() throws Exception {
    JsonNode answer = ok(post("/v1/chat/completions", "{'messages':[{'role':'user','content':'hi'}]}"));
    assertEquals("chat.completion", answer.get("object").asText());
    assertTrue(answer.get("id").asText().startsWith("chatcmpl-"));
    JsonNode choice = answer.at("/choices/0");
    assertEquals("Hello wörld", choice.at("/message/content").asText());
    assertEquals("assistant", choice.at("/message/role").asText());
    assertEquals("stop", choice.get("finish_reason").asText());
    assertTrue(choice.get("logprobs").isNull());
    assertEquals(3, answer.at("/usage/prompt_tokens").asInt());
    assertEquals(3, answer.at("/usage/completion_tokens").asInt());
    assertEquals(1, answer.at("/usage/prompt_tokens_details/cached_tokens").asInt());
  }

  @Test
  void aChatStreamHasOneIdTheRoleFirstAndTheEndMarkerLast() throws Exception {
    List<String> data = events("/v1/chat/completions", "{'stream':true,'stream_options':{'include_usage':true},'messages':[{'role':'user','content':'hi'}]}");
    assertEquals("[DONE]", data.getLast());
    List<JsonNode> chunks = new ArrayList<>();
    for (String line : data.subList(0, data.size() - 1)) chunks.add(JSON.readTree(line));
    assertEquals(1, chunks.stream().map(c -> c.get("id").asText()).distinct().count());
    assertEquals("assistant", chunks.getFirst().at("/choices/0/delta/role").asText());
    StringBuilder text = new StringBuilder();
    for (JsonNode chunk : chunks) text.append(chunk.at("/choices/0/delta/content").asText(""));
    assertEquals("Hello wörld", text.toString());
    JsonNode last = chunks.getLast();
    assertEquals(0, last.get("choices").size());
    assertEquals(6, last.at("/usage/total_tokens").asInt());
    JsonNode finish = chunks.get(chunks.size() - 2);
    assertEquals("stop", finish.at("/choices/0/finish_reason").asText());
    assertTrue(finish.get("usage").isNull());
  }

  @Test
  void usageIsAbsentFromChunksUnlessAskedFor() throws Exception {
    for (String line : events("/v1/chat/completions", "{'stream':true,'messages':[{'role':'user','content':'hi'}]}")) {
      if (!line.equals("[DONE]")) assertFalse(JSON.readTree(line).has("usage"), line);
    }
  }

  @Test
  void severalChoicesStreamUnderTheirOwnIndex() throws Exception {
    List<String> data = events("/v1/chat/completions", "{'stream':true,'n':3,'messages':[{'role':'user','content':'hi'}]}");
    int[] finished = new int[3];
    for (String line : data) {
      if (line.equals("[DONE]")) continue;
      JsonNode choice = JSON.readTree(line).at("/choices/0");
      if (!choice.get("finish_reason").isNull()) finished[choice.get("index").asInt()]++;
    }
    assertEquals(List.of(1, 1, 1), List.of(finished[0], finished[1], finished[2]));
  }

  @Test
  void logprobsCarryTokensBytesAndAlternatives() throws Exception {
    JsonNode content = ok(post("/v1/chat/completions", "{'logprobs':true,'top_logprobs':1,'messages':[{'role':'user','content':'hi'}]}")).at("/choices/0/logprobs/content");
    assertEquals(2, content.size());
    assertEquals(" wörld", content.get(1).get("token").asText());
    assertEquals(0xc3, content.get(1).get("bytes").get(2).asInt());
    assertEquals(-0.5, content.get(1).at("/top_logprobs/0/logprob").asDouble());
    assertEquals(1, desk.calls.getFirst().logprobs());
  }

  @Test
  void tokenIdsComeWhenAskedFor() throws Exception {
    JsonNode answer = ok(post("/v1/chat/completions", "{'return_token_ids':true,'return_tokens_as_token_ids':true,'logprobs':true,'messages':[{'role':'user','content':'hi'}]}"));
    assertEquals("[10,11]", answer.at("/choices/0/token_ids").toString());
    assertEquals("[1,2,3]", answer.get("prompt_token_ids").toString());
    assertEquals("token_id:10", answer.at("/choices/0/logprobs/content/0/token").asText());
  }

  @Test
  void aCompletionEchoesItsPromptWithScores() throws Exception {
    desk.script =
        _ ->
            Answer.of(
                List.of(
                    new GenerationPiece.PromptScored(List.of(StubDesk.detail(1, "a"), StubDesk.detail(2, "b"))),
                    StubDesk.end(new io.headrace.generation.FinishReason.Length(), 0)));
    JsonNode choice = ok(post("/v1/completions", "{'prompt':'ab','echo':true,'max_tokens':0,'logprobs':1}")).at("/choices/0");
    assertEquals("text of 3", choice.get("text").asText());
    assertEquals("[\"a\",\"b\"]", choice.at("/logprobs/tokens").toString());
    assertEquals("[0,1]", choice.at("/logprobs/text_offset").toString());
    assertEquals(0, desk.calls.getFirst().maxNewTokens().getAsInt());
    assertEquals(1, desk.calls.getFirst().promptLogprobs());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '~', quoteCharacter = '^', value = {"'x' ~ 1", "['x','y'] ~ 2", "[1,2] ~ 1", "[[1],[2,3]] ~ 2"})
  void everyPromptShapeIsRead(String prompt, int prompts) throws Exception {
    ok(post("/v1/completions", "{'prompt':" + prompt.strip() + "}"));
    assertEquals(prompts, desk.calls.getFirst().prompts().size());
  }

  @Test
  void messagePartsAndRolesBecomeWhatTemplatesRead() throws Exception {
    ok(post("/v1/chat/completions", "{'messages':[{'role':'developer','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]},{'role':'assistant','content':null,'tool_calls':[]},{'role':'user','content':'c'}]}"));
    Prompt.Chat chat = (Prompt.Chat) desk.calls.getFirst().prompts().getFirst();
    assertEquals("system", chat.messages().get(0).get("role"));
    assertEquals("a\nb", chat.messages().get(0).get("content"));
    assertEquals("", chat.messages().get(1).get("content"));
  }

  @Test
  void theDoorsAreDescribedInYamlAndInJson() throws Exception {
    HttpResponse<String> yaml = send("GET", "/q/openapi", null, "application/json");
    assertEquals(200, yaml.statusCode());
    assertTrue(yaml.headers().firstValue("content-type").orElse("").startsWith("application/yaml"), yaml.headers().toString());
    assertTrue(yaml.body().startsWith("openapi: 3.1"), yaml.body().substring(0, 40));
    JsonNode json = JSON.readTree(send("GET", "/q/openapi?format=json", null, "application/json").body());
    assertEquals("createChatCompletion", json.at("/paths/~1v1~1chat~1completions/post/operationId").asText());
    assertTrue(json.at("/paths/~1v1~1chat~1completions/post/responses").has("200"), "status codes are names");
  }

  @Test
  void aClientThatReadsNothingAndLeavesEndsItsCall() throws Exception {
    String text = "x".repeat(100_000);
    List<GenerationPiece> pieces = new ArrayList<>();
    for (int i = 0; i < 400; i++) pieces.add(new GenerationPiece.Text(text, List.of(StubDesk.detail(10, text))));
    pieces.add(StubDesk.end(new FinishReason.Length(), 400));
    desk.script = _ -> Answer.of(pieces);
    String body = "{\"prompt\":\"x\",\"stream\":true}";
    try (Socket socket = new Socket("127.0.0.1", port())) {
      socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
      assertEquals('H', socket.getInputStream().read(), "the answer has begun");
      Thread.sleep(300);
      assertEquals(0, desk.cancellations.get(), "the call waits for its reader");
    }
    for (int i = 0; i < 300 && desk.cancellations.get() < 2; i++) Thread.sleep(100);
    assertEquals(2, desk.cancellations.get(), "once for the client that left, once at the end of the call");
  }

  @Test
  void theRequestIdComesBack() throws Exception {
    HttpRequest request = HttpRequest.newBuilder(uri("/v1/models")).header("x-request-id", "mine-1").build();
    assertEquals("mine-1", client.send(request, BodyHandlers.ofString()).headers().firstValue("x-request-id").orElseThrow());
    assertNotNull(send("GET", "/v1/models", null, null).headers().firstValue("x-request-id").orElse(null));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aClientThatHangsUpCancels(boolean stream) throws Exception {
    desk.script = _ -> Answer.of(List.of(StubDesk.hello().getFirst()));
    String body = "{\"prompt\":\"x\",\"stream\":" + stream + "}";
    try (Socket socket = new Socket("127.0.0.1", port())) {
      socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      while (calls() == 0) Thread.sleep(5);
    }
    assertTrue(desk.cancelled.await(10, TimeUnit.SECONDS), "the generation goes on after its client has left");
  }

  @Test
  void samplingFieldsReachTheDesk() throws Exception {
    ok(post("/v1/completions", "{'prompt':'x','temperature':0.7,'top_p':0.9,'top_k':40,'min_p':0.05,'seed':7,'max_tokens':5,'stop':'END','stop_token_ids':[9],'min_tokens':2,'ignore_eos':true,'frequency_penalty':0.5,'presence_penalty':-0.5,'repetition_penalty':1.1,'logit_bias':{'5':-100}}"));
    GenerationCall call = desk.calls.getFirst();
    assertEquals(0.7f, call.temperature());
    assertEquals(40, call.topK());
    assertEquals(7, call.seed().getAsLong());
    assertEquals(List.of("END"), call.stop().strings());
    assertTrue(call.stop().tokens().contains(9) && call.stop().ignoreEndOfText());
    assertEquals(-100f, call.adjustments().bias().get(5));
    assertEquals(1.1f, call.adjustments().repetition());
  }

  @Test
  void tokenizeDetokenizeAndTemplateAnswer() throws Exception {
    JsonNode tokenised = ok(post("/tokenize", "{'prompt':'ab','parse_special':false}"));
    assertEquals("ab|true|false".length(), tokenised.at("/tokens/0").asInt());
    assertNull(tokenised.get("token_strs").textValue());
    assertEquals("text of 2", ok(post("/detokenize", "{'tokens':[4,5]}")).get("prompt").asText());
    String prompt = ok(post("/apply-template", "{'messages':[{'role':'user','content':'x'}],'tools':[{'type':'function'}],'add_generation_prompt':false,'chat_template_kwargs':{'a':1}}")).get("prompt").asText();
    assertEquals("[{role=user, content=x}] [{type=function}] false {a=1}", prompt);
  }

  @Test
  void healthTurnsTo503WhileDraining() throws Exception {
    assertEquals(200, send("GET", "/health", null, null).statusCode());
    desk.open = false;
    assertEquals(503, send("GET", "/health", null, null).statusCode());
  }
}
