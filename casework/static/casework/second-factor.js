// Passkeys and security keys: the browser asks for one and its answer goes into the form. Nothing else needs this file;
// whoever has no JavaScript uses an app's code or a recovery code.

const told = JSON.parse(document.getElementById("key-options").textContent);
const form = document.getElementById("key-form");
const field = form.querySelector("input[name=credential]");
const trouble = document.getElementById("key-trouble");

const bytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};
const text = (buffer) => {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};
const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function add(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: known(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return answer(made, { attestationObject: text(made.response.attestationObject) });
}

async function show(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: known(options.allowCredentials),
  };
  const shown = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = shown.response;
  return answer(shown, {
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  });
}

const answer = (credential, parts) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: { clientDataJSON: text(credential.response.clientDataJSON), ...parts },
});

form.addEventListener("submit", async (event) => {
  event.preventDefault(); // the answer is sent by submit(), which asks nobody
  trouble.hidden = true;
  try {
    const given = told.creation_options
      ? await add(told.creation_options.publicKey)
      : await show(told.request_options.publicKey);
    field.value = JSON.stringify(given);
    form.submit();
  } catch (problem) {
    // The person closed the browser's window, or has no key at hand: they may try again or take another way.
    trouble.hidden = false;
    trouble.focus();
  }
});

// Until here the button could only have sent an empty form.
document.getElementById("key-button").disabled = false;
