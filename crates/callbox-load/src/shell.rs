//! The shell around the script: one task a client with its socket, one for what is due.
//!
//! All on one thread, so that the script is shared without a lock. Texts are written the moment the script makes them.

use anyhow::Result;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, spawn_local, yield_now};

use crate::clock::{Alarm, Nanos, now};
use crate::script::{Action, Cut, Script};
use crate::socket::Socket;

/// After so many things that are due, sockets are looked at in between.
const DUE_IN_A_ROW: usize = 16;

/// All clients with their sockets.
pub(crate) struct Shell {
    addr: SocketAddr,
    script: RefCell<Script>,
    clients: Vec<Client>,
    alarm: Alarm,
    /// When the alarm rings.
    armed: Cell<Nanos>,
    is_agenda_running: Cell<bool>,
    /// The run has ended: nobody reconnects.
    is_closing: Cell<bool>,
    /// The first failure to connect, for people.
    first_failure: RefCell<Option<String>>,
}

/// One client's sockets.
#[derive(Default)]
struct Client {
    socket: RefCell<Option<Rc<Socket>>>,
    /// Cut in silence: the server believes in it until the client is back.
    dead: RefCell<Option<Rc<Socket>>>,
    /// Held from the start of the first connection until the server knows the client.
    permit: RefCell<Option<OwnedSemaphorePermit>>,
}

impl Shell {
    pub(crate) fn new(addr: SocketAddr, script: Script, clients: usize) -> Result<Rc<Self>> {
        let clients = (0..clients).map(|_| Client::default()).collect();
        Ok(Rc::new(Self {
            addr,
            script: RefCell::new(script),
            clients,
            alarm: Alarm::new()?,
            armed: Cell::new(Nanos::NEVER),
            is_agenda_running: Cell::new(false),
            is_closing: Cell::new(false),
            first_failure: RefCell::new(None),
        }))
    }

    /// Starts to connect all clients, so many at a time.
    pub(crate) fn connect_all(self: &Rc<Self>, at_once: usize) {
        let gate = Arc::new(Semaphore::new(at_once));
        for client in 0..self.clients.len() {
            let (shell, gate) = (Rc::clone(self), Arc::clone(&gate));
            spawn_local(async move {
                let permit = gate.acquire_owned().await.expect("nobody closes the gate");
                *shell.clients[client].permit.borrow_mut() = Some(permit);
                shell.live(client).await;
            });
        }
    }

    /// Does what is due, for as long as the task lives.
    pub(crate) fn run_agenda(self: &Rc<Self>) -> JoinHandle<Result<()>> {
        let shell = Rc::clone(self);
        spawn_local(async move {
            loop {
                shell.alarm.ring().await?;
                shell.is_agenda_running.set(true);
                let mut done = 0;
                while shell.with(|script| script.handle_timeout(now())) {
                    done += 1;
                    if done % DUE_IN_A_ROW == 0 {
                        yield_now().await;
                    }
                }
                shell.is_agenda_running.set(false);
                shell.armed.set(Nanos::NEVER);
                shell.arm();
            }
        })
    }

    /// Tells the script something, or asks it, and does what it wants done.
    pub(crate) fn with<T>(&self, tell: impl FnOnce(&mut Script) -> T) -> T {
        let told = tell(&mut self.script.borrow_mut());
        self.carry_out();
        self.arm();
        told
    }

    /// Closes all sockets gracefully, so that the server need not keep the sessions.
    pub(crate) fn close_all(&self) {
        self.is_closing.set(true);
        for place in &self.clients {
            if let Some(socket) = place.socket.borrow().as_ref() {
                socket.close();
            }
        }
    }

    /// Why the first connection failed that did.
    pub(crate) fn first_failure(&self) -> Option<String> {
        self.first_failure.borrow().clone()
    }

    async fn live(&self, client: usize) {
        loop {
            let upgrade = self.script.borrow().upgrade(client);
            let back_at = match Socket::open(self.addr, &upgrade).await {
                Ok(socket) => {
                    self.use_socket(client, Rc::new(socket)).await;
                    if self.is_closing.get() {
                        return;
                    }
                    match self.with(|script| script.handle_lost(client, now())) {
                        Some(at) => at,
                        None => return,
                    }
                }
                Err(error) => {
                    self.first_failure.borrow_mut().get_or_insert_with(|| format!("{error:#}"));
                    self.with(|script| script.handle_refused(client, now()))
                }
            };
            tokio::time::sleep(back_at.since(now())).await;
        }
    }

    /// Until the socket is gone.
    async fn use_socket(&self, client: usize, socket: Rc<Socket>) {
        let place = &self.clients[client].socket;
        *place.borrow_mut() = Some(Rc::clone(&socket));
        self.with(|script| script.handle_open(client, now()));
        while socket.ready().await.unwrap_or(false) {
            loop {
                match socket.read() {
                    Ok(Some(text)) => self.with(|script| script.handle_text(client, &text, now())),
                    Ok(None) => break,
                    Err(_) => {
                        *place.borrow_mut() = None;
                        return;
                    }
                }
                if place.borrow().is_none() {
                    // That text was the last one.
                    return;
                }
            }
            if socket.has_unwritten() {
                socket.flush();
            }
        }
        *place.borrow_mut() = None;
    }

    fn carry_out(&self) {
        let mut written: Option<Rc<Socket>> = None;
        loop {
            let Some(action) = self.script.borrow_mut().next_action() else { break };
            match action {
                Action::Send(client, text) => {
                    let Some(socket) = self.clients[client].socket.borrow().clone() else { continue };
                    socket.write(text);
                    // Texts of one turn for one socket share a call of the system.
                    match written.replace(socket) {
                        Some(before) if !written.as_ref().is_some_and(|now| Rc::ptr_eq(now, &before)) => {
                            before.flush();
                        }
                        _ => {}
                    }
                }
                Action::Cut(client, how) => self.cut(client, how),
                Action::Ready(client) => {
                    let place = &self.clients[client];
                    place.permit.borrow_mut().take();
                    place.dead.borrow_mut().take();
                }
            }
        }
        if let Some(socket) = written {
            socket.flush();
        }
    }

    fn cut(&self, client: usize, how: Cut) {
        let place = &self.clients[client];
        let Some(socket) = place.socket.borrow_mut().take() else { return };
        socket.cut();
        match how {
            Cut::Finished => {}
            Cut::Reset => socket.reset_at_drop(),
            Cut::Silent => *place.dead.borrow_mut() = Some(socket),
        }
    }

    fn arm(&self) {
        let next = self.script.borrow().next_timeout();
        if next < self.armed.get() && !self.is_agenda_running.get() {
            self.armed.set(next);
            self.alarm.arm(next).expect("the system takes any instant");
        }
    }
}

/// Waits until it is so, or for so long.
pub(crate) async fn wait_until(mut is_so: impl FnMut() -> bool, patience: Duration) -> bool {
    let end = now().plus(patience);
    while !is_so() {
        if now() >= end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}
