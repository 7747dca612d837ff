// Compiled into raw-socket in front of its own source (packaging/node.sh): a socket that asked for SO_TIMESTAMPNS gets with each packet the
// kernel's own time of its arrival. raw-socket calls recvfrom, which cannot hand it over; without it, an RTT holds the time until this
// program was woken. The time lies in the last 8 bytes of the buffer: a double, ms of CLOCK_MONOTONIC; of a packet without a stamp (a kernel, or
// an emulator, that knows no SO_TIMESTAMPNS) it is the time at which we read it. An empty socket says 0 bytes, not EAGAIN: raw-socket would throw.
#pragma once
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <uv.h>

namespace stamped {

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

// Of a packet that may have come before the wall clock was stepped nothing is known but that it is here now.
inline double arrivalMs(double realMs, bool &doubtful) {
  static double offset = NAN;
  const double now = monotonicLessRealMs();
  if (fabs(now - offset) > 0.02) doubtful = true;
  if (!(fabs(now - offset) <= 0.001)) offset = now;
  const double monotonic = clockMs(CLOCK_MONOTONIC), arrived = realMs + offset;
  return doubtful || arrived > monotonic ? monotonic : arrived;
}

inline ssize_t receive(int fd, void *buffer, size_t size, int flags, sockaddr *from, socklen_t *fromSize) {
  static bool doubtful = false;
  iovec part = {buffer, size > 8 ? size - 8 : size};
  alignas(cmsghdr) char control[64];
  msghdr message = {};
  message.msg_name = from;
  message.msg_namelen = *fromSize;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t bytes = recvmsg(fd, &message, flags);
  if (bytes < 0) {
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) {
      doubtful = false;
      return 0;
    }
    errno = error;
    return bytes;
  }
  *fromSize = message.msg_namelen;
  double arrived = clockMs(CLOCK_MONOTONIC);
  for (cmsghdr *c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS) continue;
    timespec real;
    memcpy(&real, CMSG_DATA(c), sizeof real);
    arrived = arrivalMs(real.tv_sec * 1e3 + real.tv_nsec / 1e6, doubtful);
  }
  memcpy(static_cast<char *>(buffer) + size - 8, &arrived, 8);
  return bytes;
}

}  // namespace stamped

#define recvfrom(fd, buffer, size, flags, from, fromSize) stamped::receive(fd, buffer, size, flags, from, fromSize)
// A v4 packet bears its source; to make text of it would cost more than to read the packet.
#define uv_ip4_name(from, text, size) ((text)[0] = 0)
