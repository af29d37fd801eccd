//! Our requests to an issuer: the address that a browser is sent to, and the request that redeems a code.
//!
//! Every value is encoded as in a form, so that none becomes a field of its own.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use form_urlencoded::{Serializer, byte_serialize};
use ring::digest::{SHA256, digest};

use super::documents::{ClientAuth, Metadata};
use super::flows::Flow;
use super::provider::OidcProvider;

/// The URL that a browser with this flow is sent to.
pub fn authorization_url(provider: &OidcProvider, metadata: &Metadata, flow: &Flow) -> String {
    // RFC 7636, section 4.2.
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, flow.verifier.as_bytes()));
    let query = form(&[
        ("response_type", "code"),
        ("client_id", &provider.client_id),
        ("redirect_uri", &flow.redirect),
        ("scope", "openid email"),
        ("state", &flow.state),
        ("nonce", &flow.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let endpoint = &metadata.authorization_endpoint;
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{separator}{query}")
}

/// A POST to the token endpoint.
#[derive(Debug)]
pub struct CodeRequest {
    /// The `Authorization` header, if it proves who we are.
    pub authorization: Option<String>,
    /// The body, `application/x-www-form-urlencoded`.
    pub form: String,
}

/// Redeems the code that a flow returned with.
pub fn code_request(provider: &OidcProvider, metadata: &Metadata, flow: &Flow, code: &str) -> CodeRequest {
    let OidcProvider { client_id, client_secret, .. } = provider;
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &flow.redirect),
        ("code_verifier", &flow.verifier),
    ];
    let mut authorization = None;
    match (client_secret, metadata.client_auth) {
        // RFC 6749, section 2.3.1: both parts as in a form.
        (Some(secret), ClientAuth::Basic) => {
            let pair = format!("{}:{}", encode(client_id), encode(secret));
            authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
        }
        (Some(secret), ClientAuth::Post) => {
            fields.extend([("client_id", client_id.as_str()), ("client_secret", secret)]);
        }
        (None, _) => fields.push(("client_id", client_id)),
    }
    CodeRequest { authorization, form: form(&fields) }
}

/// As RFC 6749, appendix B, wants queries and bodies.
fn form(fields: &[(&str, &str)]) -> String {
    plain_spaces(&Serializer::new(String::new()).extend_pairs(fields).finish())
}

fn encode(text: &str) -> String {
    plain_spaces(&byte_serialize(text.as_bytes()).collect::<String>())
}

/// Every decoder reads `%20` as a space, and not all read `+` as one. A `+` of a value is `%2B` by now.
fn plain_spaces(encoded: &str) -> String {
    encoded.replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_form_cannot_become_fields() {
        assert_eq!(form(&[("a", "b&c=d"), ("e", "f g/\u{e4}")]), "a=b%26c%3Dd&e=f%20g%2F%C3%A4");
    }

    #[test]
    fn a_browser_is_sent_with_all_that_the_issuer_must_give_back_and_a_code_is_redeemed_by_the_same() {
        let provider = OidcProvider {
            id: "a".to_owned(),
            name: "A".to_owned(),
            issuer: "https://id.example.org".to_owned(),
            client_id: "call box".to_owned(),
            client_secret: Some("no:rth".to_owned()),
        };
        let document = br#"{ "issuer": "https://id.example.org", "jwks_uri": "https://id.example.org/keys",
            "authorization_endpoint": "https://id.example.org/auth?tenant=1", "token_endpoint": "https://id.example.org/token" }"#;
        let metadata = Metadata::read(document, &provider.issuer).unwrap();
        // The verifier of RFC 7636, appendix B.
        let flow = Flow {
            provider: 0,
            redirect: "https://call.example.org/oidc".to_owned(),
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            login: None,
            is_link: false,
        };
        let url = authorization_url(&provider, &metadata, &flow);
        let expected = "https://id.example.org/auth?tenant=1&response_type=code&client_id=call%20box\
            &redirect_uri=https%3A%2F%2Fcall.example.org%2Foidc&scope=openid%20email&state=s&nonce=n\
            &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        assert_eq!(url, expected);
        let by_header = code_request(&provider, &metadata, &flow, "c");
        assert_eq!(by_header.authorization.as_deref(), Some("Basic Y2FsbCUyMGJveDpubyUzQXJ0aA=="));
        assert!(!by_header.form.contains("client"), "{}", by_header.form);
        let metadata = Metadata { client_auth: ClientAuth::Post, ..metadata };
        let by_form = code_request(&provider, &metadata, &flow, "c");
        assert_eq!(by_form.authorization, None);
        assert!(by_form.form.ends_with("&client_id=call%20box&client_secret=no%3Arth"), "{}", by_form.form);
    }
}
