"""What the library says, as it writes it, with names in place of what it fills in: its errors, notices and reasons.

Marked for the catalogues; a test compares them with the library's source.
"""

from tui.language import N_

SENTENCES = (
    # models
    N_("there is no model {name}; a GGUF file, a name in {folder}, or 'starter' was expected; see: luciole models"),
    N_("the starter model is not installed; it was asked for; {remedy}"),
    N_(
        "no model was named, none is the default, and the starter is not installed; name a GGUF file with -m, or "
        "{remedy}"
    ),
    N_("{name} is a folder; a GGUF file was expected; convert a checkpoint first: luciole convert {again}"),
    N_(
        "{name} is not here; a model that was fetched before was expected; fetch it with: luciole models pull "
        "{again}{revision}"
    ),
    N_("{path} is no ordinary file; a GGUF file was expected; check the path"),
    N_("{path} cannot be read ({reason}); a GGUF file was expected; check the path"),
    N_("{path} cannot be looked at ({reason}); a readable GGUF file was expected; check the file"),
    N_("{file} has {size} bytes; a GGUF has at least 24; {remedy}"),
    N_("{file} is gone already; a model was expected there; look again"),
    N_("a model {name} is there already; a name that is free was expected; choose another, or remove that one first"),
    N_("{name} is no name for a model; letters, digits, spaces, dots and dashes were expected; choose another"),
    N_("the name has {size} bytes; at most {most} were expected; choose a shorter one"),
    N_("{name} would stand for another model; a name of its own was expected; choose another"),
    N_("{name} does not lie in {folder}; only models there can be changed; import it first"),
    N_("{file} lies in {folder} already; another name or a file from elsewhere was expected; nothing needs to be done"),
    N_("{file} needs {needed} MiB; {free} MiB are free on the disk of {folder}; free some space"),
    N_("{file} changed while it was copied; a file at rest was expected; try again"),
    N_("there is no report beside it; luciole verify makes one"),
    N_("{file} is of another file; luciole verify makes a new one"),
    N_("{file} cannot be read; luciole verify makes a new one"),
    N_("equal to {source} in: {names}"),
    N_("it differs from {source} in: {names}"),
    N_("not compared: {names}; luciole verify does"),
    # the engine
    N_(
        "llama.cpp cannot load {file} ({reason}); a model it knows was expected; update llama-cpp-python, or convert "
        "the model again"
    ),
    N_(
        "llama.cpp cannot make a context of {size} tokens ({reason}); enough memory was expected; use --context with "
        "less"
    ),
    N_(
        "the engine died while {doing} ({reason}); an answer was expected, and what had come of it is kept; the next "
        "question starts it anew; {help} (log: {log})"
    ),
    N_("the engine cannot be started ({reason}); a Python at {path} was expected; install Luciole again"),
    N_("the engine is closed; an open one was expected; start Luciole again"),
    N_("{file} ({kind}) does not write text; a language model was expected; choose another"),
    N_("{file} makes vectors of texts and writes none; a language model was expected; choose another"),
    N_(
        "{file} carries no chat template; an instruction-tuned model was expected, since a base model cannot chat; use "
        "another model"
    ),
    N_(
        "the model's chat template fails ({reason}); one that renders these messages was expected; leave out the "
        "system message, or use another model"
    ),
    N_(
        "the model's chat template leaves out messages; all were expected in the prompt; leave out the system message, "
        "or use another model"
    ),
    N_("{layers} layers on the GPU failed ({reason}), so half of them were taken"),
    N_("that failed ({reason}), and the next smaller setting was taken: {setting}"),
    # what does not fit
    N_("the prompt has {tokens} tokens; the context holds {limit}; shorten it"),
    N_(
        "the prompt has {tokens} tokens; at most {most} fit the context of {limit} beside an answer; shorten it, or "
        "use a model with a longer context"
    ),
    N_(
        "{name} has {tokens} tokens; {most} fit in one reading (context or memory, less instruction and answer); read "
        "it with --strategy parts, raise --context, or use a model with a longer context"
    ),
    N_(
        "{name} has {tokens} tokens; {most} fit beside instruction and answer, too few for a beginning and an end; "
        "raise --context, or ask for a shorter summary"
    ),
    N_(
        "{name} has {tokens} tokens; context or memory have room for {most}, and reading it in parts takes {least} "
        "with the answer; raise --context, ask for a shorter summary, or use a model with a longer context"
    ),
    N_(
        "the question has {tokens} tokens and {most} fit beside an answer of {answer}; room for passages of the "
        "document was expected; ask in fewer words, or raise --context"
    ),
    # the hub
    N_(
        "huggingface_hub cannot be loaded ({reason}); numbers were expected in HF_HUB_ETAG_TIMEOUT and "
        "HF_HUB_DOWNLOAD_TIMEOUT; correct or unset them"
    ),
    N_("HF_ENDPOINT is {address}; an address such as https://huggingface.co was expected; correct it, or unset it"),
    N_(
        "a web page came instead of {host}'s answer; the hub was expected, but a network that asks to sign in, or a "
        "proxy, stands between; open a browser, sign in, and try again"
    ),
    N_("{host} led to no valid address for {what}; a file was expected; try again later"),
    N_(
        "{host} did not answer as a hub does, when asked for {what} of {repository} ({kind}); its JSON was expected; "
        "check HF_ENDPOINT and the proxy, and try again later"
    ),
    N_("{repository} has no revision {revision}; a branch, a tag or a commit was expected; see {page}/commits/main"),
    N_("{repository} has no {what} any more; the files of one commit were expected; pull again"),
    N_(
        "there is no repository {repository} on {host}, or it is private; the name of a model was expected; check the "
        "name, and set HF_TOKEN if it is private ({tokens})"
    ),
    N_(
        "{host} refuses {what} of {repository} (403{words}); a token that may read it was expected; give HF_TOKEN the "
        "right to read this repository ({tokens})"
    ),
    N_(
        "{host} answered {status} for {what} of {repository}{words}; an answer of a hub was expected; try again later, "
        "or check HF_ENDPOINT"
    ),
    N_(
        "{repository} is gated, and its owner has not granted access yet ({status}); a token with access was expected; "
        "wait for the answer, see {page}"
    ),
    N_(
        "{repository} is gated ({status}); its terms must be accepted by someone signed in; accept them at {page}, "
        "make a token at {tokens}, and set HF_TOKEN to it"
    ),
    N_(
        "the token is not valid on {host}; HF_TOKEN, or the one of 'hf auth login', was expected to be; make a new one "
        "at {tokens}, or unset HF_TOKEN"
    ),
    N_(
        "{host} is not found: there is no network, or no name server; a connection was expected; connect and try "
        "again, or set HF_HUB_OFFLINE=1 to use only what is here"
    ),
    N_("{host} is not found: no network?"),
    N_("the proxy refuses ({reason}); a way to {host} was expected; check HTTPS_PROXY"),
    N_("{host} led astray ({kind}); a file was expected; check HF_ENDPOINT"),
    N_(
        "by this machine's clock ({now}) the certificate of {host} {when}; the right date was expected; set the clock, "
        "and try again"
    ),
    N_("is not valid yet"),
    N_("has expired"),
    N_(
        "the certificate of {host} is not trusted ({reason}); a known issuer was expected; a proxy that opens "
        "connections needs its own certificate in SSL_CERT_FILE"
    ),
    N_(
        "the disk of {place} is full; room for the file was expected; free some space and pull again: what is here "
        "already is not fetched again"
    ),
    N_(
        "the hub's cache {place} cannot be written ({reason}); a folder that takes files was expected; check who may "
        "write there, or set HF_HUB_CACHE to another"
    ),
    N_("{reason}{words}; an answer was expected; {remedy}"),
    N_("{reason} ({why}); it was expected to hold; try again: what is here already is not fetched again"),
    N_("{host} is asked too often (429)"),
    N_("{host} has trouble ({status})"),
    N_("{host} does not answer"),
    N_("the connection to {host} was lost"),
    N_("try again {when}; signed in, more requests are allowed (HF_TOKEN)"),
    N_("try again later; what is here already stays and is not fetched again"),
    N_("in {seconds} seconds"),
    N_("in a few minutes"),
    N_(
        "{file} did not come as announced ({why}); the hub's own hash was expected; try again later, and check "
        "HF_ENDPOINT and the proxy if it stays so"
    ),
    N_("{file} has {count} bytes; at most {limit} were expected; name another repository"),
    N_("{file}: {wrong}; it is fetched once more from the beginning"),
    N_("another program is fetching {file}"),
    N_("{file} ended early"),
    N_("it ends early each time"),
    N_("{count} bytes came where {expected} were announced"),
    N_("another size came than the hub announced"),
    N_("more came than the hub announced"),
    N_("another part came than was asked for"),
    N_("its hash is not the one that the hub announced"),
    N_("its hash in the cache is another"),
    N_("it is not the file that the hub announced"),
    N_("what is here is no beginning of it"),
    N_("{file} has {size} GB; the hub sends more than 50 GB only to hf_xet; install: pip install hf_xet"),
    N_("{revision} is no revision; a branch, a tag or a commit was expected; give one"),
    N_("the hub names no commit for {repository}; a hash of 40 digits was expected; check HF_ENDPOINT"),
    N_("{repository} lists more than {most} files; a model was expected; name another repository"),
    N_(
        "HF_HUB_OFFLINE is set, and {repository} is not in the hub's cache ({folder}); a model that was fetched before "
        "was expected; unset HF_HUB_OFFLINE to fetch it"
    ),
    N_("HF_HUB_OFFLINE is set: this is what the cache holds, and the licence is not known"),
    # pulls
    N_("it was asked for"),
    N_("{quantization} is the usual one"),
    N_("it is the only one"),
    N_("there is no GGUF of it, so the checkpoint is converted"),
    N_("{count} files of {repository} were left out: their names are not safe"),
    N_("the card of {repository} names no licence; read {link} before use"),
    N_("{name} is here already, as {model}; a model that is not was expected; nothing needs to be done"),
    N_(
        "{repository} is a checkpoint, and {asked} is not what it can be converted to; one of {known} was expected; "
        "name one"
    ),
    N_(
        "{repository} cannot be used here: {reason} no whole GGUF and no checkpoint (config.json with safetensors or "
        "torch weights); a language model was expected; name another repository"
    ),
    N_("it holds"),
    N_("HF_HUB_OFFLINE is set, and the cache holds"),
    N_("{file} of {repository} is no index of weights; a map of tensor to file was expected; try another revision"),
    N_(
        "{file} of {repository} names {missing}, which is not there; all shards were expected; the repository is not "
        "complete, try another revision"
    ),
    N_(
        "{repository} has no {quantization}; one of its {count} was expected to be named: {known}; name it as "
        "{example}:{other}"
    ),
    N_("{repository} has no {quantization}{hint}; it offers {known}; name one of them"),
    N_(
        "{repository} has {count} models in {name}: {known}; one was expected to be named; name its file, as "
        "{example}:{other}"
    ),
    N_(
        "{repository} has files whose names differ by case only, as {name}; names of their own were expected; fetch "
        "the one you mean by hand and import it"
    ),
    N_(
        "{name} needs {needed} of disk; {free} are free; free some space, or set HF_HUB_CACHE or LUCIOLE_HOME to "
        "another disk"
    ),
    N_("where it came from could not be noted ({reason})"),
    N_("its logits were not compared with the source's; luciole verify does it"),
    N_("its logits were not compared with the source's: transformers is not installed; pip install 'luciole[verify]'"),
    N_("the comparison with the source did not end ({reason})"),
    # characters
    N_("{file}, row {number}"),
    N_("{file}, line {number}"),
    N_("{name} is played in one block of text: {reason}"),
    N_("the character's settings ask for the trained block"),
    N_("Index-1.9B-Character was trained on this block, in Chinese"),
    N_("the model's file carries no chat template"),
    N_("nobody but {name} speaks in these dialogues: they show how, and not to what"),
    N_("{file} is read as {encoding}, which is a guess"),
    N_("{file} is read as {encoding}; TOML is UTF-8"),
    N_("{file}: {count} control characters are left out"),
    N_("{file} was damaged, and is made anew"),
    N_("{file} cannot be written ({reason}); it is made anew the next time"),
    N_("{name} is no name of a character; one of luciole characters list was expected; name one"),
    N_("there is no character {name}; {expected}; name one, or make it with luciole characters new"),
    N_("one of these was expected: {known}"),
    N_("nobody is here yet"),
    N_(
        "a character {name} is there already; a name that is free was expected; choose another, or remove that one "
        "first"
    ),
    N_("{name} is no name for a character; letters, digits, spaces and dashes were expected; choose another"),
    N_("what was asked for"),
    N_("{file} would have more than {count} bytes; less was expected; shorten it"),
    N_("{file} cannot be changed ({reason}); UTF-8 was expected; change it there"),
    N_(
        "{file} is written in a way in which its {key} cannot be changed from here; plain TOML was expected; change it "
        "in the file"
    ),
    N_(
        "{place} cannot be {doing} ({reason}); a folder that takes it was expected; check the disk, its room and who "
        "may write there"
    ),
    N_("made"),
    N_("written"),
    N_("{count} characters are called {name}; one was expected; name its folder: {known}"),
    N_("{file} leads out of its folder; a file was expected; copy it there"),
    N_("{file} is no file; TOML was expected; mend it"),
    N_("{file} cannot be read ({reason}); a character was expected there; make one with luciole characters new"),
    N_("{file} has more than {count} bytes; a description was expected; shorten it"),
    N_('{file} has no name; name = "…" was expected, as in the dialogues; add it'),
    N_("{file} is no text; TOML was expected; mend it"),
    N_("{file} cannot be read ({reason}); TOML was expected; mend it"),
    N_("{folder} cannot be read ({reason}); a folder was expected; look at its rights"),
    N_(
        "{file} has a quoted cell that begins at line {number} and does not end as it should ({reason}); quotes in "
        "pairs were expected, those inside a cell doubled; mend it"
    ),
    N_(
        "the column {column} of {file} holds no lines 'Name：words', but the column {other} does; {expected} was "
        "expected to hold them; exchange the names of the two"
    ),
    N_("{key} is {value} in {file}; {expected} was expected; mend it"),
    N_("a text"),
    N_("a table"),
    N_("a list of file names"),
    N_("another name than the character's"),
    N_("a name without slashes, colons and control characters"),
    N_("{file} is empty; dialogues were expected; fill or remove it"),
    N_("{file} is no text; dialogues were expected; convert or remove it"),
    N_("{file} is no file; dialogues were expected; mend or remove it"),
    N_("{file} cannot be read ({reason}); dialogues were expected; look at its rights"),
    N_("{file} has more than {size} MiB; dialogues were expected; split it"),
    N_("{file} is no file of the character's folder; a name without slashes was expected; copy the file there"),
    N_("{file} is no file of dialogues; {known} were expected; rename or remove it"),
    N_("{file} leads out of the character's folder; a file there was expected; copy it instead"),
    N_("{file} leads nowhere; a file was expected; remove it"),
    N_("{file} holds no dialogue{why}; lines 'Name：words' were expected; mend or remove it"),
    N_("nobody called {name} speaks in {files}, but {others}{more}; lines of {wanted} were expected; {remedy}"),
    N_("is it {name}?"),
    N_("mend the name"),
    N_("{file} has no header: its first row is {value}; {expected} was expected above it; add that row"),
    N_("{file} has the columns {value}; {expected} was expected; rename them"),
    # documents
    N_("{name} does not exist; a document was expected; check the path"),
    N_("{name} is a folder; a document was expected; name one file in it"),
    N_("{name} cannot be read ({reason}); a readable file was expected; check it"),
    N_("{name} has no text in it; a document was expected; check the file"),
    N_("{name} is not a text (its bytes are binary); a document was expected; convert it, or name its encoding"),
    N_("{name} is a film or image; a document was expected; have it transcribed"),
    N_("{name} is a ZIP archive; a document was expected; unpack it, and name the folder"),
    N_(
        "{name} is encrypted; a document that opens without a password was expected; remove the password in the "
        "program that set it"
    ),
    N_(
        "{name} is encrypted; a PDF that opens without a password was expected; save it without one, as `qpdf "
        "--decrypt --password=...` does"
    ),
    N_("{name} is damaged (it is cut short or broken inside); a whole file was expected; save or download it again"),
    N_(
        "{name} is a damaged PDF (it is cut short or broken inside); a whole file was expected; save or download it "
        "again"
    ),
    N_(
        "{name} has no text on its {pages} page{s}, they are pictures (a scan); a PDF with text was expected; "
        "have its text recognized (OCR, as ocrmypdf does), and name the result"
    ),
    N_("{name} is an old Word file (.doc); DOCX or PDF was expected; save it as DOCX"),
    N_("{name} is an old Microsoft Office file; DOCX, PDF or text was expected; save it as one of these"),
    N_("{name} is {kind}; a document was expected; {remedy}"),
    # summaries and answers
    N_("{left} of {total} tokens were not read: the engine took less than the document"),
    N_("{left} of {total} tokens were not read: {where}"),
    N_("the summary is not in {language}{found}{comma}{asked}; try another model"),
    N_("the answer is not in {language}{found}{asked}; try another model"),
    N_(" but in {language}"),
    N_(" although that was asked for twice"),
    N_(", although that was asked for twice"),
    N_("the model wrote nothing; try another model"),
    N_("the summary was stopped: it repeated itself without end; try another model"),
    N_("the summary was cut at {tokens} tokens; allow more with --length or --max-tokens"),
    N_("the answer was stopped: it repeated itself without end; try another model"),
    N_("the answer was cut at {tokens} tokens; allow more with --max-tokens"),
    N_("the encoding is a guess: read as {encoding}"),
    N_("it was not in {language}, and is asked for again, more firmly"),
    N_("it was not in {language}, and is asked for again, firmly"),
    N_("{tokens} tokens fit the context of {limit} in one reading"),
    N_("all {tokens} tokens are read"),
    N_("only {count} of {total} passages were read, {read} of {tokens} tokens"),
    N_("{tokens} tokens do not fit; {count} of {total} passages are read"),
    # what is kept
    N_("{path} cannot be written ({reason}); a new file in a folder that is there was expected; choose another name"),
    N_("{path} cannot be written ({reason}); a writable folder was expected; make room, or let it be written"),
    N_("{path} cannot be read ({reason}); TOML was expected; mend or remove it"),
    N_("{path} has {key}, which nobody knows; {known} were expected; mend or remove it"),
    N_(
        "the conversations in {path} cannot be used ({reason}); a file that can be read and written, and room on its "
        "disk, were expected; look at its folder, or set LUCIOLE_HOME to another one"
    ),
    N_("the conversations in {path} were damaged ({reason}); they lie untouched in {target}; a new file was begun"),
    N_("nothing of this conversation is being kept: {reason}"),
    N_("this conversation was removed for good elsewhere; what is said now is not kept"),
    N_("the conversation is being kept again, with all that was said meanwhile"),
    N_("the system does not tell of changes ({reason}); the files are looked at regularly"),
)
"""The first that fits is taken: what is special comes before what is general."""
LANGUAGES = (N_("Chinese"), N_("English"), N_("French"), N_("German"), N_("Japanese"), N_("Russian"), N_("Spanish"))
"""Languages as the library names them in its sentences."""
