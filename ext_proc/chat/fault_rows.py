"""What providers call their failures, and what each is: the rows of the table.

Facts are from the providers' public error documentation and from errors published by their users. Words and phrases are
in lower case. A strong word decides alone. A weak one says less than the message and the status do, and decides only
where both say no more than that the client or the provider failed.
"""

from __future__ import annotations

from typing import NamedTuple

from ext_proc.chat.errors import Fault


class Word(NamedTuple):
    """`text`: an error's code, type or status word; `said_by` the providers that document it."""

    text: str
    fault: Fault
    said_by: str


class Phrase(NamedTuple):
    """`pattern`: a regular expression; `example`: a message it is found in."""

    pattern: str
    fault: Fault
    said_by: str
    example: str


STRONG_WORDS = (
    Word("context_length_exceeded", Fault.CONTEXT_LENGTH, "OpenAI, Azure OpenAI, Groq, OpenRouter"),
    Word("rate_limit_exceeded", Fault.RATE_LIMIT, "OpenAI, Groq"),
    Word("insufficient_quota", Fault.QUOTA, "OpenAI"),
    Word("billing_hard_limit_reached", Fault.QUOTA, "OpenAI"),
    Word("billing_not_active", Fault.QUOTA, "OpenAI"),
    Word("usage_limit_reached", Fault.QUOTA, "OpenAI"),
    Word("invalid_api_key", Fault.AUTH, "OpenAI, Groq"),
    Word("account_deactivated", Fault.AUTH, "OpenAI"),
    Word("unsupported_country_region_territory", Fault.AUTH, "OpenAI"),
    Word("model_not_found", Fault.NOT_FOUND, "OpenAI, Groq"),
    Word("content_policy_violation", Fault.CONTENT_FILTER, "OpenAI"),
    Word("server_is_overloaded", Fault.OVERLOADED, "OpenAI"),
    Word("slow_down", Fault.OVERLOADED, "OpenAI"),
    Word("vector_store_timeout", Fault.TIMEOUT, "OpenAI"),
    Word("content_filter", Fault.CONTENT_FILTER, "Azure OpenAI"),
    Word("responsibleaipolicyviolation", Fault.CONTENT_FILTER, "Azure OpenAI"),
    Word("deploymentnotfound", Fault.NOT_FOUND, "Azure OpenAI"),
    Word("operationnotsupported", Fault.NOT_FOUND, "Azure OpenAI"),
    Word("nocapacity", Fault.OVERLOADED, "Azure OpenAI"),
    Word("too_many_requests", Fault.RATE_LIMIT, "Azure OpenAI"),
    Word("authentication_error", Fault.AUTH, "Anthropic, DeepSeek"),
    Word("permission_error", Fault.AUTH, "Anthropic"),
    Word("billing_error", Fault.QUOTA, "Anthropic"),
    Word("not_found_error", Fault.NOT_FOUND, "Anthropic, Ollama"),
    Word("request_too_large", Fault.TOO_LARGE, "Anthropic, Groq"),
    Word("rate_limit_error", Fault.RATE_LIMIT, "Anthropic"),
    Word("timeout_error", Fault.TIMEOUT, "Anthropic"),
    Word("overloaded_error", Fault.OVERLOADED, "Anthropic"),
    Word("unauthenticated", Fault.AUTH, "Gemini, Vertex AI"),
    Word("permission_denied", Fault.AUTH, "Gemini, Vertex AI"),
    Word("api_key_invalid", Fault.AUTH, "Gemini"),
    Word("service_disabled", Fault.AUTH, "Vertex AI"),
    Word("billing_disabled", Fault.QUOTA, "Vertex AI"),
    Word("not_found", Fault.NOT_FOUND, "Gemini, Vertex AI"),
    Word("resource_exhausted", Fault.RATE_LIMIT, "Gemini, Vertex AI"),
    Word("model_capacity_exhausted", Fault.OVERLOADED, "Gemini"),
    Word("unavailable", Fault.OVERLOADED, "Gemini, Vertex AI"),
    Word("deadline_exceeded", Fault.TIMEOUT, "Gemini, Vertex AI"),
    Word("accessdeniedexception", Fault.AUTH, "Bedrock"),
    Word("expiredtokenexception", Fault.AUTH, "Bedrock"),
    Word("incompletesignatureexception", Fault.AUTH, "Bedrock"),
    Word("invalidsignatureexception", Fault.AUTH, "Bedrock"),
    Word("missingauthenticationtokenexception", Fault.AUTH, "Bedrock"),
    Word("unrecognizedclientexception", Fault.AUTH, "Bedrock"),
    Word("servicequotaexceededexception", Fault.QUOTA, "Bedrock"),
    Word("throttlingexception", Fault.RATE_LIMIT, "Bedrock"),
    Word("resourcenotfoundexception", Fault.NOT_FOUND, "Bedrock"),
    Word("unknownoperationexception", Fault.NOT_FOUND, "Bedrock"),
    Word("modelnotreadyexception", Fault.OVERLOADED, "Bedrock"),
    Word("serviceunavailableexception", Fault.OVERLOADED, "Bedrock"),
    Word("modeltimeoutexception", Fault.TIMEOUT, "Bedrock"),
    Word("internalserverexception", Fault.OUTAGE, "Bedrock"),
    Word("modelerrorexception", Fault.OUTAGE, "Bedrock"),
    Word("modelstreamerrorexception", Fault.OUTAGE, "Bedrock"),
    Word("rate_limited", Fault.RATE_LIMIT, "Mistral"),
    Word("invalid_model", Fault.NOT_FOUND, "Mistral"),
    Word("service_tier_capacity_exceeded", Fault.OVERLOADED, "Mistral"),
    Word("capacity_exceeded", Fault.OVERLOADED, "Groq"),
    Word("model_decommissioned", Fault.NOT_FOUND, "Groq"),
    Word("tool_use_failed", Fault.GARBLED, "Groq"),
    Word("json_validate_failed", Fault.GARBLED, "Groq"),
    Word("insufficient_system_resource", Fault.OVERLOADED, "DeepSeek"),
    Word("some requested entity was not found", Fault.NOT_FOUND, "xAI"),
    Word("the caller does not have permission to execute the specified operation", Fault.AUTH, "xAI"),
    Word("payment_required", Fault.QUOTA, "OpenRouter"),
    Word("insufficient_credits", Fault.QUOTA, "OpenRouter"),
    Word("notfounderror", Fault.NOT_FOUND, "vLLM"),
)

WEAK_WORDS = (
    Word("invalid_request_error", Fault.CALLER, "OpenAI, Anthropic, Mistral, Groq, DeepSeek"),
    Word("invalid_prompt", Fault.CALLER, "OpenAI"),
    Word("server_error", Fault.OUTAGE, "OpenAI"),
    Word("api_error", Fault.OUTAGE, "Anthropic, Ollama"),
    Word("invalid_argument", Fault.CALLER, "Gemini, Vertex AI"),
    Word("failed_precondition", Fault.CALLER, "Gemini, Vertex AI"),
    Word("out_of_range", Fault.CALLER, "Gemini, Vertex AI"),
    Word("unimplemented", Fault.CALLER, "Vertex AI"),
    Word("internal", Fault.OUTAGE, "Gemini, Vertex AI"),
    Word("unknown", Fault.OUTAGE, "Vertex AI"),
    Word("aborted", Fault.OUTAGE, "Vertex AI"),
    Word("data_loss", Fault.OUTAGE, "Vertex AI"),
    Word("validationexception", Fault.CALLER, "Bedrock"),
    Word("client specified an invalid argument", Fault.CALLER, "xAI"),
    Word("badrequesterror", Fault.CALLER, "vLLM"),
    Word("internalservererror", Fault.OUTAGE, "vLLM"),
)

PHRASES = (
    Phrase(
        r"maximum context length",
        Fault.CONTEXT_LENGTH,
        "OpenAI, DeepSeek, Mistral, OpenRouter, vLLM",
        "This model's maximum context length is 8192 tokens.",
    ),
    Phrase(
        r"context window",
        Fault.CONTEXT_LENGTH,
        "OpenAI",
        "Your input exceeds the context window of this model.",
    ),
    Phrase(
        r"prompt is too long|exceed context limit",
        Fault.CONTEXT_LENGTH,
        "Anthropic",
        "prompt is too long: 200001 tokens > 200000 maximum",
    ),
    Phrase(
        r"exceeds the maximum number of tokens",
        Fault.CONTEXT_LENGTH,
        "Gemini, Vertex AI",
        "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
    ),
    Phrase(r"input is too long", Fault.CONTEXT_LENGTH, "Bedrock", "Input is too long for requested model."),
    Phrase(
        r"reduce the length of the messages",
        Fault.CONTEXT_LENGTH,
        "Groq",
        "Please reduce the length of the messages or completion.",
    ),
    Phrase(
        r"maximum prompt length",
        Fault.CONTEXT_LENGTH,
        "xAI",
        "This model's maximum prompt length is 131072 but the request contains 150000 tokens.",
    ),
    Phrase(
        r"too many tokens( in|:)",
        Fault.CONTEXT_LENGTH,
        "Cohere",
        "too many tokens: the total number of tokens in the prompt exceeds the limit",
    ),
    Phrase(
        r"longer than the maximum model length",
        Fault.CONTEXT_LENGTH,
        "vLLM",
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
    ),
    Phrase(
        r"exceeds the (available )?context (length|size)",
        Fault.CONTEXT_LENGTH,
        "Ollama, llama.cpp",
        "the input length exceeds the context length",
    ),
    Phrase(
        r"payload size exceeds", Fault.TOO_LARGE, "Gemini", "Request payload size exceeds the limit: 20971520 bytes."
    ),
    Phrase(r"credit balance is too low", Fault.QUOTA, "Anthropic", "Your credit balance is too low to access the API."),
    Phrase(r"insufficient balance", Fault.QUOTA, "DeepSeek", "Insufficient Balance"),
    Phrase(
        r"used all available credits|run out of credits",
        Fault.QUOTA,
        "xAI",
        "Your team has either used all available credits or reached its monthly spending limit.",
    ),
    Phrase(
        r"insufficient credits|requires more credits",
        Fault.QUOTA,
        "OpenRouter",
        "This request requires more credits, or fewer max_tokens.",
    ),
    Phrase(
        r"limited to .{1,20} api calls / month",
        Fault.QUOTA,
        "Cohere",
        "You are using a Trial key, which is limited to 1000 API calls / month.",
    ),
    Phrase(
        r"api key not valid|api key expired", Fault.AUTH, "Gemini", "API key not valid. Please pass a valid API key."
    ),
    Phrase(r"user location is not supported", Fault.AUTH, "Gemini", "User location is not supported for the API use."),
    Phrase(r"incorrect api key provided", Fault.AUTH, "OpenAI, xAI", "Incorrect API key provided."),
    Phrase(r"invalid api token", Fault.AUTH, "Cohere", "invalid api token"),
    Phrase(
        r"model .{1,120}(does not exist|not found)",
        Fault.NOT_FOUND,
        "OpenAI, xAI, Cohere, vLLM, Ollama",
        'model "llama9" not found, try pulling it first',
    ),
    Phrase(r"model not exist", Fault.NOT_FOUND, "DeepSeek", "Model Not Exist"),
    Phrase(
        r"model identifier is invalid|on-demand throughput isn.t supported",
        Fault.NOT_FOUND,
        "Bedrock",
        "The provided model identifier is invalid.",
    ),
    Phrase(
        r"is not a valid model id|no endpoints found|no allowed providers are available",
        Fault.NOT_FOUND,
        "OpenRouter",
        "acme/none is not a valid model ID",
    ),
    Phrase(
        r"content management policy",
        Fault.CONTENT_FILTER,
        "Azure OpenAI",
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    ),
    Phrase(
        r"result of our safety system",
        Fault.CONTENT_FILTER,
        "OpenAI",
        "Your request was rejected as a result of our safety system.",
    ),
    Phrase(
        r"blocked by content filtering policy",
        Fault.CONTENT_FILTER,
        "Anthropic",
        "Output blocked by content filtering policy",
    ),
    Phrase(r"violates usage guidelines", Fault.CONTENT_FILTER, "xAI", "Content violates usage guidelines."),
    Phrase(
        r"requires moderation on|input was flagged",
        Fault.CONTENT_FILTER,
        "OpenRouter",
        "Your chosen model requires moderation on the provider's side and your input was flagged.",
    ),
    Phrase(
        r"capacity exceeded for this model",
        Fault.OVERLOADED,
        "Mistral",
        "Service tier capacity exceeded for this model.",
    ),
    Phrase(
        r"model is overloaded|no capacity available",
        Fault.OVERLOADED,
        "Gemini",
        "The model is overloaded. Please try again later.",
    ),
    Phrase(
        r"server busy, please try again",
        Fault.OVERLOADED,
        "Ollama",
        "server busy, please try again.  maximum pending requests exceeded",
    ),
    Phrase(
        r"requires more system memory",
        Fault.OUTAGE,
        "Ollama",
        "model requires more system memory (5.3 GiB) than is available (3.3 GiB)",
    ),
    Phrase(r"rate limit reached", Fault.RATE_LIMIT, "OpenAI, Groq", "Rate limit reached for model `m`."),
)

STATUSES = {
    400: Fault.CALLER,
    401: Fault.AUTH,
    402: Fault.QUOTA,
    403: Fault.AUTH,
    404: Fault.NOT_FOUND,
    408: Fault.TIMEOUT,
    413: Fault.TOO_LARGE,
    429: Fault.RATE_LIMIT,
    498: Fault.OVERLOADED,
    503: Fault.OVERLOADED,
    504: Fault.TIMEOUT,
    524: Fault.TIMEOUT,
    529: Fault.OVERLOADED,
}
"""498 is Groq's for a full flex tier, 524 Cloudflare's, 529 Anthropic's. Any other 4xx is the client's fault, all else
the provider's."""
