//! A line of the table of routes: its method and path, its callers, its rate, its bounds, and its description.
//!
//! Method, path and description are in `#[utoipa::path]` beside the handler: they are written once. [`Routes::add`]
//! takes the rest at once, so a route of `/v1` without an access rule or a class does not compile.

use axum::handler::Handler;
use axum::routing::{MethodRouter, get};
use callbox_core::rates::Class;
use std::fmt;
use std::time::Duration;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{HttpMethod, Paths, RefOr};
use utoipa_axum::router::UtoipaMethodRouter;

use super::cached::CachedRoute;
use crate::access::Access;
use crate::app::App;

/// One line of the table of routes.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with `{name}` for its parts.
    pub path: String,
    /// The callers that it admits.
    pub access: Access,
    /// How often.
    pub class: Class,
    /// How large a request may be, and how long it may take.
    pub(super) bounds: Bounds,
    /// Its place among the routes whose answers are kept: `http/cached.rs`.
    pub(crate) kept: Option<CachedRoute>,
    /// Its documentation; `None` for pages and for health checks.
    pub(super) description: Option<Description>,
}

impl Route {
    /// Whether its answers are kept.
    pub fn is_cached(&self) -> bool {
        self.kept.is_some()
    }
}

/// How large the body of a request may be, and how long it may take to arrive and to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) body_bytes: usize,
    /// A socket's upgrade counts only until 101.
    pub(super) time: Duration,
}

impl Bounds {
    /// For most routes: a JSON object of some members.
    pub(super) const SMALL: Self = Self { body_bytes: 16 * 1024, time: Duration::from_secs(15) };
    /// Two parts of attributes of 16 KB each, with their escapes.
    pub(super) const ATTRIBUTES: Self = Self { body_bytes: 48 * 1024, ..Self::SMALL };
}

/// The documentation of a handler, by `#[utoipa::path]`.
#[derive(Clone)]
pub(super) struct Description {
    /// The handler's file: the tag of its operation.
    pub(super) tag: &'static str,
    /// The handler's name.
    pub(super) name: &'static str,
    pub(super) method: HttpMethod,
    pub(super) operation: Operation,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.tag, self.name)
    }
}

/// A handler with its method, path and description. [`handler!`] makes it.
pub(super) struct Described {
    method: &'static str,
    path: String,
    description: Description,
    handler: MethodRouter<App>,
}

impl Described {
    pub(super) fn new(
        tag: &'static str,
        name: &'static str,
        (schemas, paths, handler): UtoipaMethodRouter<App>,
    ) -> Self {
        let (path, (word, method, operation)) = operation(paths);
        let description = Description { tag, name, method, operation, schemas };
        Self { method: word, path, description, handler }
    }
}

/// The only operation of these paths, which are of one handler.
fn operation(paths: Paths) -> (String, (&'static str, HttpMethod, Operation)) {
    let (path, item) = paths.paths.into_iter().next().expect("a handler has a path");
    let PathItem { get, put, post, delete, .. } = item;
    let found = [
        ("GET", HttpMethod::Get, get),
        ("PUT", HttpMethod::Put, put),
        ("POST", HttpMethod::Post, post),
        ("DELETE", HttpMethod::Delete, delete),
    ]
    .into_iter()
    .find_map(|(word, method, operation)| operation.map(|operation| (word, method, operation)));
    (path, found.expect("the interface uses these four methods"))
}

/// The handler of this file and name, with its documentation.
macro_rules! handler {
    ($file:ident :: $name:ident) => {
        $crate::http::route::Described::new(
            stringify!($file),
            stringify!($name),
            utoipa_axum::routes!($file::$name),
        )
    };
}
pub(super) use handler;

/// Collects routes.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) lines: Vec<(Route, MethodRouter<App>)>,
}

impl Routes {
    /// A route of the interface.
    pub(super) fn add(self, handler: Described, access: Access, class: Class) -> Self {
        self.add_bounded(handler, access, class, Bounds::SMALL)
    }

    /// The same with bounds of its own.
    pub(super) fn add_bounded(
        mut self,
        Described { method, path, description, handler }: Described,
        access: Access,
        class: Class,
        bounds: Bounds,
    ) -> Self {
        let description = Some(description);
        let route = Route { method, path, access, class, bounds, kept: None, description };
        self.lines.push((route, handler));
        self
    }

    /// A read of the interface whose answers are kept: its handler takes an `Ask`.
    pub(super) fn cached(self, handler: Described, access: Access, class: Class) -> Self {
        let place = self.lines.iter().filter(|(route, _)| route.is_cached()).count();
        let place = CachedRoute(u8::try_from(place).expect("there are fewer than 256 routes"));
        let mut routes = self.add(handler, access, class);
        let (route, _) = routes.lines.last_mut().expect("it was added");
        route.kept = Some(place);
        routes
    }

    /// A page, a file or a health check: for everybody, and outside of `/v1`.
    pub(super) fn page<H, T>(mut self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let (access, class, bounds) = (Access::Public, Class::Free, Bounds::SMALL);
        let path = path.to_owned();
        let route = Route { method: "GET", path, access, class, bounds, kept: None, description: None };
        self.lines.push((route, get(handler)));
        self
    }
}
