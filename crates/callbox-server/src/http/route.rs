//! A line of the table of routes: what it answers to, who may ask, how often, and how it is described.
//!
//! [`Routes::add`] takes all of it at once, so a route of `/v1` without an access rule, a class or a description
//! does not compile. That a line and its description name the same method, path and handler is for a test: the
//! macro that writes the description knows nothing of the table.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::any::type_name;
use utoipa::__dev::SchemaReferences;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{HttpMethod, RefOr};

use crate::access::Access;
use crate::app::App;
use crate::limits::Class;

/// One line of the table of routes.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with `{name}` for its parts.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// How often.
    pub class: Class,
    /// The handler's path in the code.
    pub handler: &'static str,
    /// What is written of it; `None` for pages and for what a machine's keeper asks.
    pub(super) description: Option<Description>,
}

/// The description of a handler, as `#[utoipa::path]` wrote it: made only when somebody wants to read it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Description {
    /// The path of its type in the code.
    pub(super) kind: &'static str,
    pub(super) methods: fn() -> Vec<HttpMethod>,
    pub(super) path: fn() -> String,
    pub(super) operation: fn() -> Operation,
    pub(super) schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Description {
    /// The handler's file and name: `("guests", "create")`.
    pub(super) fn room_and_name(&self) -> (&'static str, &'static str) {
        let (room, name) = room_and_name(self.kind);
        (room, name.strip_prefix("__path_").unwrap_or(name))
    }
}

/// The last two parts of a path in the code.
pub(super) fn room_and_name(path: &'static str) -> (&'static str, &'static str) {
    let (rooms, name) = path.rsplit_once("::").expect("a handler has a room");
    (rooms.rsplit("::").next().unwrap_or(rooms), name)
}

/// Collects routes.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) lines: Vec<(Route, MethodRouter<App>)>,
}

impl Routes {
    /// A route of the interface. `D` is what `#[utoipa::path]` made of the handler, `__path_` and its name.
    pub(super) fn add<H, T, D>(
        self,
        (method, path): (&'static str, &'static str),
        access: Access,
        class: Class,
        handler: H,
        _: D,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
        D: utoipa::Path + SchemaReferences,
    {
        let description = Description {
            kind: type_name::<D>(),
            methods: D::methods,
            path: D::path,
            operation: D::operation,
            schemas: D::schemas,
        };
        let handler_path = type_name::<H>();
        let route =
            Route { method, path, access, class, handler: handler_path, description: Some(description) };
        self.push(route, handler)
    }

    /// A page or a file, or what a machine's keeper asks: for everybody, and outside of `/v1`.
    pub(super) fn page<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let (access, class) = (Access::Public, Class::Free);
        let route =
            Route { method: "GET", path, access, class, handler: type_name::<H>(), description: None };
        self.push(route, handler)
    }

    fn push<H, T>(mut self, route: Route, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let filter = match route.method {
            "GET" => MethodFilter::GET,
            "POST" => MethodFilter::POST,
            "PUT" => MethodFilter::PUT,
            "DELETE" => MethodFilter::DELETE,
            _ => unreachable!("the table uses these four"),
        };
        self.lines.push((route, on(filter, handler)));
        self
    }
}
