/* Says that the kernel has gathered enough randomness, which takes an interpreted guest a minute: a test has no secrets. */
#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>

int main(void)
{
    int bits = 256;
    return ioctl(open("/dev/random", O_RDWR), RNDADDTOENTCNT, &bits) != 0;
}
