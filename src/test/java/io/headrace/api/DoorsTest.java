package io.headrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.generation.CascadeJudge;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.ModelTokens;
import io.headrace.generation.Timings;
import io.headrace.generation.TokenCounts;
import io.headrace.intake.Answer;
import io.headrace.intake.CascadeRecord;
import io.headrace.intake.GenerationCall;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.Prompt;
import io.headrace.intake.Rejection;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DoorsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final StubDesk desk = new StubDesk();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private Vertx vertx;
  private HttpServer server;

  @BeforeEach
  void listen() throws Exception {
    vertx = Vertx.vertx();
    Router router = Router.router(vertx);
    Doors.mount(router, desk, threads, 4096, "fp_test");
    server = vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get();
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    threads.shutdownNow();
  }

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{'messages':[]} ~ messages ~ invalid_value",
        "{'messages':'x'} ~ messages ~ invalid_value",
        "{'messages':[{'role':'king','content':'x'}]} ~ messages[0].role ~ invalid_value",
        "{'messages':[{'role':'user'}]} ~ messages[0].content ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'temperature':3} ~ temperature ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'temperature':'hot'} ~ temperature ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'max_tokens':0} ~ max_tokens ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'max_tokens':1.5} ~ max_tokens ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'top_p':1.1} ~ top_p ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'n':0} ~ n ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'stop':['']} ~ stop ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'logit_bias':{'a':1}} ~ logit_bias ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'logit_bias':{'1':101}} ~ logit_bias.1 ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'top_logprobs':2} ~ top_logprobs ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'stream_options':{}} ~ stream_options ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'frobnicate':1} ~ frobnicate ~ invalid_value",
        "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]} ~ messages[0].content[0].type ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'tools':[{}]} ~ tools ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'response_format':{'type':'json_object'}} ~ response_format ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'decoding':'lucky'} ~ decoding ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'decoding':7} ~ decoding ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{}} ~ decoding.strategy ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'lucky'}} ~ decoding.strategy ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'ngram','most_drafted':0}} ~ decoding.most_drafted ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'ngram','most_drafted':true}} ~ decoding.most_drafted ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'plain','most_drafted':4}} ~ decoding.most_drafted ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'ngram','depth':4}} ~ decoding.depth ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'fusion','base':'b','experts':[7]}} ~ decoding.experts ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'fusion','base':'b','experts':['x'],'alpha':'much'}} ~ decoding.alpha ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'cascade','judge':'self'}} ~ decoding.small ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'specdec','stop':'never'}} ~ decoding.stop ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'model':'nope'} ~ model ~ model_not_found",
      })
  void aBadFieldIsRefusedByName(String body, String param, String code) throws Exception {
    HttpResponse<String> answer = post("/v1/chat/completions", body.strip());
    assertEquals(code.strip().equals("model_not_found") ? 404 : 400, answer.statusCode(), answer.body());
    JsonNode error = JSON.readTree(answer.body()).get("error");
    assertEquals(param.strip(), error.get("param").asText(), answer.body());
    assertEquals(code.strip(), error.get("code").asText());
    assertEquals("invalid_request_error", error.get("type").asText());
    assertFalse(error.get("message").asText().isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "'' ~ null",
        ",'decoding':null ~ null",
        ",'decoding':'plain' ~ Plain[]",
        ",'decoding':'medusa' ~ Medusa[mostDrafted=15, typical=null]",
        ",'decoding':{'strategy':'medusa','acceptance':'typical','epsilon':0.2} ~ Medusa[mostDrafted=15, typical=Typical[epsilon=0.2, delta=0.3]]",
        ",'decoding':{'strategy':'specdec','stop':'head','draft_tokens':6,'threshold':0.5} ~ SpecDec[stop=HEAD, draftTokens=6, threshold=0.5]",
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

  @ParameterizedTest
  @ValueSource(strings = {"{'a':", "[1]", "nothing", "{'a':1}{'b':2}", "{'a':1,'a':2}", "{'a':NaN}", ""})
  void brokenJsonIsA400ThatSaysWhere(String body) throws Exception {
    HttpResponse<String> answer = post("/v1/chat/completions", body);
    assertEquals(400, answer.statusCode());
    assertEquals("invalid_json", JSON.readTree(answer.body()).at("/error/code").asText());
  }

  @Test
  void nestingBombsAreRefused() throws Exception {
    HttpResponse<String> answer = post("/v1/chat/completions", "[".repeat(2000));
    assertEquals(400, answer.statusCode());
  }

  @Test
  void aBodyOverTheLimitIsA413() throws Exception {
    HttpResponse<String> answer = post("/v1/completions", "{'prompt':'" + "x".repeat(5000) + "'}");
    assertEquals(413, answer.statusCode());
    assertEquals("request_too_large", JSON.readTree(answer.body()).at("/error/code").asText());
  }

  @Test
  void unknownRoutesWrongMethodsAndMediaTypesAreJson() throws Exception {
    assertEquals("404 not_found", brief(send("GET", "/v1/nothing", null, "application/json")));
    assertEquals("405 method_not_allowed", brief(send("GET", "/v1/completions", null, "application/json")));
    assertEquals("405 method_not_allowed", brief(send("DELETE", "/health", null, "application/json")));
    assertEquals("415 unsupported_media_type", brief(send("POST", "/v1/completions", "{}", "text/xml")));
    assertEquals("404 model_not_found", brief(send("GET", "/v1/models/none", null, "application/json")));
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
  void theWindowErrorStatesBothNumbers() throws Exception {
    desk.script = _ -> Answer.refused(new Rejection.PromptTooLong("max_tokens", 100, 50, 128));
    HttpResponse<String> answer = post("/v1/completions", "{'prompt':'x'}");
    assertEquals("400 context_length_exceeded", brief(answer));
    assertTrue(answer.body().contains("128") && answer.body().contains("150"), answer.body());
  }

  @Test
  void overloadTellsWhenToComeBack() throws Exception {
    desk.script = _ -> Answer.refused(new Rejection.Overloaded(Duration.ofSeconds(7)));
    HttpResponse<String> answer = post("/v1/completions", "{'prompt':'x'}");
    assertEquals("503 server_is_overloaded", brief(answer));
    assertEquals("7", answer.headers().firstValue("retry-after").orElseThrow());
    assertEquals("7000", answer.headers().firstValue("retry-after-ms").orElseThrow());
  }

  @Test
  void aFailureInAStartedStreamIsAnErrorEventWithoutTheEndMarker() throws Exception {
    desk.script = _ -> Answer.of(List.of(StubDesk.hello().getFirst(), new GenerationPiece.Fault(new Failure.Internal("broken"))));
    List<String> data = events("/v1/completions", "{'prompt':'x','stream':true}");
    assertEquals("broken", JSON.readTree(data.getLast()).at("/error/message").asText());
  }

  @Test
  void aClientThatReadsNothingAndLeavesEndsItsCall() throws Exception {
    String text = "x".repeat(100_000);
    List<GenerationPiece> pieces = new ArrayList<>();
    for (int i = 0; i < 400; i++) pieces.add(new GenerationPiece.Text(text, List.of(StubDesk.detail(10, text))));
    pieces.add(StubDesk.end(new FinishReason.Length(), 400));
    desk.script = _ -> Answer.of(pieces);
    String body = "{\"prompt\":\"x\",\"stream\":true}";
    try (Socket socket = new Socket("127.0.0.1", server.actualPort())) {
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
    try (Socket socket = new Socket("127.0.0.1", server.actualPort())) {
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

  private int calls() {
    synchronized (desk.calls) {
      return desk.calls.size();
    }
  }

  private static String brief(HttpResponse<String> answer) throws IOException {
    return answer.statusCode() + " " + JSON.readTree(answer.body()).at("/error/code").asText();
  }

  private JsonNode ok(HttpResponse<String> answer) throws IOException {
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private List<String> events(String path, String body) throws Exception {
    HttpResponse<String> answer = post(path, body);
    assertEquals(200, answer.statusCode(), answer.body());
    assertTrue(answer.headers().firstValue("content-type").orElseThrow().startsWith("text/event-stream"));
    return answer.body().lines().filter(line -> line.startsWith("data: ")).map(line -> line.substring(6)).toList();
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return send("POST", path, body.replace('\'', '"'), "application/json");
  }

  private HttpResponse<String> send(String method, String path, String body, String type) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30));
    request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (type != null) request.header("content-type", type);
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.actualPort() + path);
  }
}
