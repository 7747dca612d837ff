// Compiled into raw-socket in front of its own source (packaging/node.sh). raw-socket crosses from JavaScript for each packet and calls sendto and
// recvfrom; here one crossing takes a batch of slots (agent/icmp/batch.ts has the same layout). Each packet sent is told when the kernel was asked
// and when it was done, each received one has the kernel's own time of its arrival (SO_TIMESTAMPNS): without it, an RTT holds the time until this
// program was woken. A packet without a stamp (an emulator that knows no SO_TIMESTAMPNS) bears the time at which we read it.
#pragma once
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <uv.h>

namespace batches {

struct Slot {
  uint8_t packet[1984];
  char zone[16];        // interface of a link-local address, '' for none
  double timesMs[2];    // CLOCK_MONOTONIC; sent: before and after the call; received: arrival
  uint32_t address[4];  // to or from, host order; one word for IPv4
  int32_t length;
  int32_t error;        // errno of a send, or 0
  uint64_t unused;
};
static_assert(sizeof(Slot) == 2048, "as in agent/icmp/batch.ts");

inline double clockMs(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

// CLOCK_MONOTONIC less CLOCK_REALTIME. Both are slewed alike, so that it changes only when the wall clock is stepped.
inline double monotonicLessRealMs() {
  double best = 0, narrowest = INFINITY;
  for (int i = 0; i < 3 && narrowest > 0.002; i++) {
    const double before = clockMs(CLOCK_MONOTONIC), real = clockMs(CLOCK_REALTIME), after = clockMs(CLOCK_MONOTONIC);
    if (after - before < narrowest) {
      narrowest = after - before;
      best = (before + after) / 2 - real;
    }
  }
  return best;
}

// 0 when its interface is gone: the kernel would choose another one.
inline socklen_t writeAddress(const Slot &slot, bool v6, sockaddr_storage &to) {
  memset(&to, 0, sizeof to);
  if (!v6) {
    auto &in = reinterpret_cast<sockaddr_in &>(to);
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(slot.address[0]);
    return sizeof in;
  }
  auto &in = reinterpret_cast<sockaddr_in6 &>(to);
  in.sin6_family = AF_INET6;
  for (int i = 0; i < 4; i++) in.sin6_addr.s6_addr32[i] = htonl(slot.address[i]);
  if (slot.zone[0] != 0 && (in.sin6_scope_id = if_nametoindex(slot.zone)) == 0) return 0;
  return sizeof in;
}

// Instead of sendto: `data` holds slots. What the kernel refuses is noted in its slot and stops none of the others.
inline ssize_t send(int fd, void *data, size_t size, bool v6) {
  Slot *slots = static_cast<Slot *>(data);
  for (size_t i = 0; i < size / sizeof(Slot); i++) {
    Slot &slot = slots[i];
    sockaddr_storage to;
    const socklen_t toSize = writeAddress(slot, v6, to);
    slot.timesMs[0] = clockMs(CLOCK_MONOTONIC);
    if (toSize == 0)
      slot.error = ENODEV;
    else
      slot.error = sendto(fd, slot.packet, slot.length, 0, reinterpret_cast<sockaddr *>(&to), toSize) < 0 ? errno : 0;
    slot.timesMs[1] = clockMs(CLOCK_MONOTONIC);
  }
  return size;
}

constexpr unsigned MOST = 64;

// What recvmmsg wants beside the slots. Laid out once for a buffer, so that a look at an empty socket touches none of it.
struct Receiving {
  void *buffer;
  mmsghdr messages[MOST];
  iovec parts[MOST];
  sockaddr_storage from[MOST];
  union {
    cmsghdr header;
    char bytes[64];
  } control[MOST];

  void layOut(Slot *slots, unsigned room) {
    buffer = slots;
    for (unsigned i = 0; i < room; i++) {
      parts[i] = {slots[i].packet, sizeof slots[i].packet};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &from[i];
      messages[i].msg_hdr.msg_control = &control[i];
      ready(i);
    }
  }
  // The kernel has written over both.
  void ready(unsigned i) {
    messages[i].msg_hdr.msg_namelen = sizeof from[i];
    messages[i].msg_hdr.msg_controllen = sizeof control[i];
  }
};

inline double stampOf(msghdr &message) {
  for (cmsghdr *c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS) continue;
    timespec real;
    memcpy(&real, CMSG_DATA(c), sizeof real);
    return real.tv_sec * 1e3 + real.tv_nsec / 1e6;
  }
  return NAN;
}

// From the wall clock's time to CLOCK_MONOTONIC. Of packets that may have come before the wall clock was stepped nothing is known but that they
// are here now; once the socket is empty, no such packet is left.
inline void stamp(Slot *slots, mmsghdr *messages, unsigned count, bool emptied, bool v6) {
  static double offset = NAN;
  static bool doubtful[2] = {false, false};  // of each socket: both may hold such packets
  if (count == 0) {
    doubtful[v6] = false;
    return;
  }
  const double nowOffset = monotonicLessRealMs(), now = clockMs(CLOCK_MONOTONIC);
  if (fabs(nowOffset - offset) > 0.02) doubtful[0] = doubtful[1] = true;
  if (!(fabs(nowOffset - offset) <= 0.001)) offset = nowOffset;
  for (unsigned i = 0; i < count; i++) {
    const double arrived = stampOf(messages[i].msg_hdr) + offset;
    slots[i].timesMs[0] = doubtful[v6] || !(arrived <= now) ? now : arrived;
  }
  if (emptied) doubtful[v6] = false;
}

inline void readAddress(const sockaddr_storage &from, bool v6, Slot &slot) {
  if (v6)
    for (int i = 0; i < 4; i++) slot.address[i] = ntohl(reinterpret_cast<const sockaddr_in6 &>(from).sin6_addr.s6_addr32[i]);
  else
    slot.address[0] = ntohl(reinterpret_cast<const sockaddr_in &>(from).sin_addr.s_addr);
}

// Instead of recvfrom: fills the slots of `buffer`, and says how many; 0 when the socket is empty, where raw-socket would throw.
inline ssize_t receive(int fd, void *buffer, size_t size, bool v6) {
  static Receiving receivings[2];
  Receiving &receiving = receivings[v6];
  Slot *slots = static_cast<Slot *>(buffer);
  const unsigned room = size / sizeof(Slot) < MOST ? size / sizeof(Slot) : MOST;
  if (receiving.buffer != buffer) receiving.layOut(slots, room);
  const int count = recvmmsg(fd, receiving.messages, room, MSG_DONTWAIT, nullptr);
  if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return count;
  const unsigned taken = count < 0 ? 0 : count;
  stamp(slots, receiving.messages, taken, taken < room, v6);
  for (unsigned i = 0; i < taken; i++) {
    slots[i].length = receiving.messages[i].msg_len;
    readAddress(receiving.from[i], v6, slots[i]);
    receiving.ready(i);
  }
  return taken;
}

}  // namespace batches

#define sendto(fd, data, size, flags, to, toSize) batches::send(fd, data, size, (toSize) == sizeof(sockaddr_in6))
#define recvfrom(fd, buffer, size, flags, from, fromSize) batches::receive(fd, buffer, size, *(fromSize) == sizeof(sockaddr_in6))
// The slots bear the addresses; raw-socket's one address, as text, means nothing here.
#define uv_ip4_addr(text, port, address) 0
#define uv_ip6_addr(text, port, address) 0
#define uv_ip4_name(address, text, size) ((text)[0] = 0)
#define uv_ip6_name(address, text, size) ((text)[0] = 0)
