//! `GET /v1/openapi.json`: the interface, described (`OpenAPI` 3.1).
//!
//! Handlers describe their own part. The facts of a line in the table are added here, once: the callers it admits,
//! and the errors that come before a handler is reached. The document is generated into `docs/openapi.json`; a test
//! proves it current, and it is served as it is there.

use axum::http::header;
use axum::response::IntoResponse;
use callbox_core::rates::Class;
use callbox_protocol::http::Problem;
use std::collections::BTreeMap;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn, Paths};
use utoipa::openapi::schema::{Components, Object, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContentBuilder, Info, License, OpenApi, OpenApiBuilder, Ref, RefOr, Response, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::route::{Description, Route};
use crate::access::Access;

const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

/// Reads this document.
#[utoipa::path(get, path = "/v1/openapi.json", responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub(super) async fn read() -> impl IntoResponse {
    // A client that asks again after an update must see it.
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], DOCUMENT)
}

/// The rooms, in the order in which a reader needs them.
const TAGS: [(&str, &str); 24] = [
    ("guests", "A user and a login with one click."),
    ("me", "The caller's own user."),
    ("emails", "The address of an account: it is the user's once its mail was opened."),
    ("approvals", "The mailbox's yes to one change of an account."),
    ("logins", "By password or by a link in a mail; listed and ended by their user."),
    ("oidc", "By OpenID Connect: to an issuer and back, and the identities that open an account."),
    ("passwords", "Changed, or set anew by a link in a mail."),
    ("profiles", "What people tell of themselves, and an app's own attributes of them."),
    ("history", "The caller's calls, and the people whom they blocked."),
    ("invites", "Links for people who know each other."),
    ("calls", "What one may say of a call and of the other person in it."),
    (
        "stories",
        "What both browsers, the server and the relay know of one call, for operators and moderators.",
    ),
    (
        "socket",
        "Signaling: a WebSocket with the subprotocol `callbox.v1`; docs/PROTOCOL.md describes its frames.",
    ),
    ("moderation", "What moderators do: reports, bans. People are named by their ids."),
    ("people", "Users as admins and an app's own backend see them; the first admin; whose a token is."),
    ("keys", "Keys of an app's own backend."),
    ("stats", "What happens now, for the operator."),
    ("beacons", "What browsers tell about the pages that people see."),
    (
        "monitoring",
        "What browsers told, for the operator: errors and visits. Texts in it are strangers': show them as text alone.",
    ),
    ("metrics", "All figures, for Prometheus and for a dashboard; docs/MONITORING.md has their names."),
    ("figures", "What happened, over time, for the operator."),
    ("scorecard", "The promises of a launch: target, before, now, verdict, and what it costs."),
    ("alerts", "Rules over the figures: what fires, silences and deploys; docs/ALERTS.md has the rules."),
    ("openapi", "This document."),
];

const ABOUT: &str = "The HTTP interface of Callbox. Errors are `application/problem+json` (RFC 9457) with a stable \
    `code`. Times are milliseconds since the epoch. Members that a client does not know are to be ignored.";

/// An answer that comes of the frame and not of a handler: its status, its name among the components, and why.
struct Common(u16, &'static str, &'static str);

const BAD_REQUEST: Common =
    Common(400, "BadRequest", "The body, the path or the query is not what this document says.");
const UNAUTHENTICATED: Common =
    Common(401, "Unauthenticated", "No valid token or cookie came with the request.");
const FORBIDDEN: Common =
    Common(403, "Forbidden", "Pages of this origin may not ask, or the caller may not do this.");
const NOT_FOUND: Common =
    Common(404, "NotFound", "There is no such thing any more, or it is not the caller's.");
const TIMEOUT: Common = Common(408, "Timeout", "The request did not arrive whole, or took too long.");
const TOO_LARGE: Common =
    Common(413, "TooLarge", "The body is larger than this route takes: 16 KB, or 48 KB for attributes.");
const UNSUPPORTED: Common = Common(415, "UnsupportedMediaType", "The body is not `application/json`.");
const RATE_LIMITED: Common =
    Common(429, "RateLimited", "Too many requests: `Retry-After` says when to try again.");
const INTERNAL: Common = Common(500, "Internal", "Something broke; the log has it under the request id.");
const UNAVAILABLE: Common =
    Common(503, "Unavailable", "Busy, or going down: `Retry-After` says when to try again.");
const STORAGE_FULL: Common = Common(507, "StorageFull", "The server's disk is full. Nothing was changed.");
const COMMON: [Common; 11] = [
    BAD_REQUEST,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    TIMEOUT,
    TOO_LARGE,
    UNSUPPORTED,
    RATE_LIMITED,
    INTERNAL,
    UNAVAILABLE,
    STORAGE_FULL,
];

/// The document as it is committed and served.
pub fn text(table: &[Route]) -> String {
    let mut text = document(table).to_pretty_json().expect("a document is JSON");
    text.push('\n');
    text
}

fn document(table: &[Route]) -> OpenApi {
    let mut paths = Paths::new();
    let mut schemas: Vec<(String, RefOr<Schema>)> = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    for route in table {
        let Some(description) = &route.description else { continue };
        schemas.extend(description.schemas.iter().cloned());
        let methods = vec![description.method.clone()];
        paths.add_path_operation(&route.path, methods, operation(route, description));
    }
    let mut components = Components::new();
    components.schemas.extend(schemas);
    components.responses.extend(COMMON.iter().map(|Common(status, name, why)| {
        let mut response = problem(why);
        if matches!(status, 429 | 503) {
            let about = "Seconds until it is worth to try again.";
            let header =
                HeaderBuilder::new().schema(Object::with_type(Type::Integer)).description(Some(about));
            response.headers.insert("Retry-After".to_owned(), header.build());
        }
        ((*name).to_owned(), response.into())
    }));
    components.security_schemes = security_schemes();
    let mut info = Info::new("Callbox", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    info.license = Some(License::new(env!("CARGO_PKG_LICENSE")));
    let tag = |(name, about): (&str, &str)| TagBuilder::new().name(name).description(Some(about)).build();
    let document = OpenApiBuilder::new().info(info).paths(paths).components(Some(components));
    document.tags(Some(TAGS.map(tag))).build()
}

/// The handler's own description, and the additions of its line in the table.
fn operation(route: &Route, description: &Description) -> Operation {
    let Description { tag, name, .. } = description;
    let mut operation = description.operation.clone();
    operation.operation_id = Some(format!("{tag}_{name}"));
    operation.tags = Some(vec![(*tag).to_owned()]);
    operation.security = security(route.access);
    let all = &mut operation.responses.responses;
    for (status, answer) in all.iter_mut() {
        // A handler's own error is a problem too: it says only when it happens.
        if let RefOr::T(response) = answer
            && status.starts_with(['4', '5'])
        {
            *response = problem(&response.description);
        }
    }
    let mut add = |Common(status, name, _): Common| {
        all.entry(status.to_string()).or_insert_with(|| RefOr::Ref(Ref::from_response_name(name)));
    };
    add(TIMEOUT);
    if route.access != Access::Public {
        add(FORBIDDEN);
        add(INTERNAL);
        add(UNAVAILABLE);
    }
    if operation.security.is_some() {
        add(UNAUTHENTICATED);
    }
    if route.class != Class::Free {
        add(RATE_LIMITED);
    }
    if route.path.contains('{') {
        add(NOT_FOUND);
    }
    let has_query = operation.parameters.iter().flatten().any(|it| it.parameter_in == ParameterIn::Query);
    if has_query || operation.request_body.is_some() {
        add(BAD_REQUEST);
    }
    if operation.request_body.is_some() {
        add(TOO_LARGE);
        add(UNSUPPORTED);
    }
    if route.method != "GET" {
        add(STORAGE_FULL);
    } else if route.is_cached() {
        let about = "The caller has the answer: its `ETag` came in `If-None-Match`.";
        all.insert("304".to_owned(), ResponseBuilder::new().description(about).build().into());
    }
    operation
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content.build())
        .build()
}

/// Each scheme alone is enough.
fn security(access: Access) -> Option<Vec<SecurityRequirement>> {
    let schemes: &[&str] = match access {
        Access::Public | Access::Page | Access::Anyone | Access::Hello => return None,
        Access::Login | Access::Moderator | Access::Admin => &["login", "cookie"],
        Access::Key => &["key"],
        Access::LoginOrKey | Access::AdminOrKey => &["key", "login", "cookie"],
        Access::Operator | Access::ModeratorOrOperator => &["operator", "login", "cookie"],
    };
    Some(schemes.iter().map(|scheme| SecurityRequirement::new(*scheme, Vec::<String>::new())).collect())
}

fn security_schemes() -> BTreeMap<String, SecurityScheme> {
    let bearer = |about: &str| {
        let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about));
        SecurityScheme::Http(http.build())
    };
    let cookie = ApiKeyValue::with_description(
        "__Host-callbox",
        "The login of the page that the server itself serves; without TLS its name is `callbox`. It counts only for \
         requests that are known to come from that page.",
    );
    BTreeMap::from([
        ("login".to_owned(), bearer("A login's token.")),
        ("cookie".to_owned(), SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
        ("key".to_owned(), bearer("An API key of an app's own backend: `cbk_` and 43 letters.")),
        ("operator".to_owned(), bearer("The operator token from the data folder.")),
    ])
}

#[cfg(test)]
mod tests;
