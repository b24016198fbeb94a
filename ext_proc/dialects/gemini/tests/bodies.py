"""Requests of this dialect as clients send them: every member, both spellings."""

from __future__ import annotations

from typing import Any

from ext_proc.dialects.gemini.tests.answers import HELLO, PNG

Body = dict[str, Any]


def said(*parts: Body) -> Body:
    return {"contents": [{"role": "user", "parts": list(parts)}]}


def configured(**config: Any) -> Body:
    return {**HELLO, "generationConfig": config}


PLAIN: Body = {
    "contents": [
        {"role": "user", "parts": [{"text": "Hello"}]},
        {"role": "model", "parts": [{"text": "Hi."}]},
        {
            "role": "user",
            "parts": [{"text": "And?"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}],
        },
    ],
    "systemInstruction": {"parts": [{"text": "You are kind."}]},
}
SCHEMA = {
    "type": "OBJECT",
    "properties": {
        "city": {"type": "STRING", "nullable": True},
        "days": {"type": "ARRAY", "items": {"type": "INTEGER"}},
    },
    "required": ["city"],
    "propertyOrdering": ["city", "days"],
}
CALLED: Body = {
    "contents": [
        {"role": "user", "parts": [{"text": "Weather in Bern and Rome?"}]},
        {
            "role": "model",
            "parts": [
                {"text": "I look both up.", "thought": True},
                {"functionCall": {"name": "weather", "args": {"city": "Bern"}}, "thoughtSignature": "c2lnbmF0dXJl"},
                {"functionCall": {"name": "weather", "args": {"city": "Rome"}}},
            ],
        },
        {
            "role": "function",
            "parts": [
                {"functionResponse": {"name": "weather", "response": {"sky": "blue", "degrees": 20}}},
                {"functionResponse": {"name": "weather", "response": {"error": "no such town"}, "willContinue": False}},
            ],
        },
        {"role": "model", "parts": [{"text": "Blue."}, {"text": "", "thoughtSignature": "bGFzdA=="}]},
        {"role": "user", "parts": [{"text": "Thanks"}]},
    ],
    "tools": [
        {
            "functionDeclarations": [
                {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA},
                {"name": "clock", "parametersJsonSchema": {"type": "object"}, "response": {"type": "STRING"}},
            ],
            "googleSearch": {},
        },
        {"codeExecution": {}},
    ],
    "toolConfig": {
        "functionCallingConfig": {"mode": "VALIDATED", "allowedFunctionNames": ["weather", "clock"]},
        "retrievalConfig": {"languageCode": "de"},
    },
}
NUMBERED: Body = {
    "contents": [
        {"role": "user", "parts": [{"text": "Draw it"}]},
        {"role": "model", "parts": [{"functionCall": {"id": "f1", "name": "draw", "args": {}}}]},
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "id": "f1",
                        "name": "draw",
                        "response": {"result": "done"},
                        "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}],
                    }
                }
            ],
        },
    ],
}
MEDIA = said(
    {"text": "Look"},
    {"fileData": {"fileUri": "gs://bucket/a.pdf", "mimeType": "application/pdf", "displayName": "a"}},
    {
        "fileData": {"fileUri": "https://www.youtube.com/watch?v=9hE5-98ZeCg"},
        "videoMetadata": {"startOffset": "10s", "fps": 2.0},
    },
    {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc", "mimeType": "audio/mp3"}},
    {
        "inlineData": {"mimeType": "image/png", "data": PNG},
        "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"},
        "thoughtSignature": "c2ln",
    },
    {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    {"text": "meta", "partMetadata": {"name": "n"}},
    {"toolCall": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "args": {}}, "thoughtSignature": "c2ln"},
    {"inlineData": {"mimeType": "image/png", "data": PNG}, "thought": True},
)
SETTINGS: Body = {
    **HELLO,
    "generationConfig": {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "frequencyPenalty": 0.1,
        "presencePenalty": 0.2,
        "seed": 7,
        "candidateCount": 2,
        "responseLogprobs": True,
        "logprobs": 3,
        "maxOutputTokens": 1000,
        "stopSequences": ["END"],
        "responseMimeType": "application/json",
        "responseSchema": SCHEMA,
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024},
        "responseModalities": ["TEXT", "IMAGE"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
        "mediaResolution": "MEDIA_RESOLUTION_LOW",
        "imageConfig": {"aspectRatio": "16:9"},
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    "cachedContent": "cachedContents/abc",
    "labels": {"team": "a"},
    "serviceTier": "flex",
    "store": False,
}
SCHEMA_LEVEL = configured(
    responseMimeType="application/json",
    responseJsonSchema={"type": "object"},
    thinkingConfig={"thinkingLevel": "LOW", "newMember": 1},
)
PRIVATE_SCHEMA = configured(responseMimeType="application/json", _responseJsonSchema={"type": "object"})
CHOSEN_WORD = configured(responseMimeType="text/x.enum", responseSchema={"type": "STRING", "enum": ["a", "b"]})
BODIES: dict[str, Body] = {
    "plain": PLAIN,
    "called": CALLED,
    "numbered": NUMBERED,
    "media": MEDIA,
    "settings": SETTINGS,
    "schema and level": SCHEMA_LEVEL,
    "private schema": PRIVATE_SCHEMA,
    "one word of a list": CHOSEN_WORD,
    "json": configured(responseMimeType="application/json"),
    "always thinking": configured(thinkingConfig={"thinkingBudget": -1}),
    "never thinking": configured(thinkingConfig={"thinkingBudget": 0}),
    "any of one": {**HELLO, "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a"]}}},
    "any": {**HELLO, "toolConfig": {"functionCallingConfig": {"mode": "ANY", "streamFunctionCallArguments": True}}},
    "none": {**HELLO, "toolConfig": {"functionCallingConfig": {"mode": "NONE"}}},
}
SNAKE_PARAMETERS = {"type": "OBJECT", "properties": {"snake_name": {"type": "STRING", "min_length": "3"}}}
SNAKE: Body = {
    "system_instruction": {"parts": {"text": "be kind"}},
    "contents": {
        "parts": [
            {"inline_data": {"mime_type": "image/png", "data": PNG}},
            {"file_data": {"file_uri": "gs://b/a.png", "mime_type": "image/png"}},
        ]
    },
    "tools": {"function_declarations": {"name": "f", "parameters": SNAKE_PARAMETERS}},
    "tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["f"]}},
    "generation_config": {
        "top_k": 5,
        "max_output_tokens": "100",
        "speech_config": {},
        "thinking_config": {"thinking_budget": 5},
    },
    "safety_settings": [],
    "cached_content": None,
}
"""As Python programmers write it; single objects stand where lists may."""
